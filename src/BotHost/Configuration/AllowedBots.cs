using CodingAgent.Forges;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The bots whose commands and remarks count, by forge; of all others nothing does.</summary>
/// <param name="Logins">Logins by forge; of an app with or without <c>[bot]</c>.</param>
public sealed record AllowedBots(IReadOnlyDictionary<ForgeKind, IReadOnlyList<string>> Logins)
{
    private const string OfApps = "[bot]";

    /// <summary>Whether a bot's words count in a repository. That it is a bot is asked before: a person may have the name without <c>[bot]</c>.</summary>
    /// <param name="repo">The repository.</param>
    /// <param name="login">The bot's login.</param>
    public bool Allows(RepoRef repo, string login)
    {
        ArgumentNullException.ThrowIfNull(repo);
        return Logins.GetValueOrDefault(repo.Forge, []).Contains(Plain(login), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Reads and checks them: of each forge one text with commas, or a list.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <exception cref="ConfigurationException">One is no login.</exception>
    public static AllowedBots Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return new AllowedBots(Enum.GetValues<ForgeKind>().ToDictionary(f => f, IReadOnlyList<string> (forge) =>
            [.. EgressSettings.Items(configuration, KeyOf(forge)).Select(text => Plain(text) is { Length: > 0 and <= 255 } login && login.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
                ? login
                : throw new ConfigurationException($"{KeyOf(forge)} has '{text}'; write logins of bots, such as dependabot[bot], separated by commas. There is no sign for all of them."))]));
    }

    private static string KeyOf(ForgeKind forge) => $"Forge:{forge}:AllowedBots";

    private static string Plain(string login) => login.EndsWith(OfApps, StringComparison.OrdinalIgnoreCase) ? login[..^OfApps.Length] : login;
}
