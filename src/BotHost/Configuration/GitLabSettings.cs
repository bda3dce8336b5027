using CodingAgent.Forges;
using CodingAgent.Forges.GitLab;
using CodingAgent.Forges.GitLab.Webhooks;
using CodingAgent.Forges.Webhooks;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The keys <c>Forge:GitLab:*</c>.</summary>
/// <param name="Site">Where GitLab is.</param>
/// <param name="Token">Access token of the bot, with the scope <c>api</c>.</param>
/// <param name="WebhookSecrets">What GitLab sends or signs with webhooks; none where no webhooks are taken.</param>
public sealed record GitLabSettings(GitLabOptions Site, string Token, WebhookSecrets WebhookSecrets)
{
    /// <summary>By what people sign in to the pages with their account there; null where they do not.</summary>
    public SignInApplication? SignIn { get; init; }

    /// <summary>The repositories that are worked on; empty for all.</summary>
    public required IReadOnlyList<string> Served { get; init; }

    /// <summary>Reads and checks them; null where nothing of them is set.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="takesWebhooks">Whether this process takes webhooks.</param>
    /// <exception cref="ConfigurationException">A key is missing or malformed.</exception>
    public static GitLabSettings? Read(IConfiguration configuration, bool takesWebhooks)
    {
        if (!HostSettingsReader.AnyOf(configuration, "Forge:GitLab"))
            return null;
        var site = HostSettingsReader.Address(configuration, "Forge:GitLab:Url") is { } url ? new GitLabOptions { Url = url } : new GitLabOptions();
        try
        {
            site.Validate();
        }
        catch (ArgumentException e)
        {
            throw new ConfigurationException(e.Message);
        }

        var secrets = takesWebhooks ? WebhookSecretsReader.Read(configuration, ForgeKind.GitLab) : WebhookSecrets.None;
        if (takesWebhooks && GitLabWebhook.ProblemOf(secrets) is { } problem)
            throw new ConfigurationException(problem);
        return new GitLabSettings(
            site,
            HostSettingsReader.Secret(configuration, "Forge:GitLab:Token", "an access token of the bot (of a project, a group or a user) with the scope api and the role Developer"),
            secrets)
        {
            SignIn = SignInApplication.Read(configuration, "Forge:GitLab"),
            Served = ServedRepositories.Read(configuration, ForgeKind.GitLab),
        };
    }

    /// <summary>Masked: they hold secrets.</summary>
    public override string ToString() => $"GitLabSettings({Site}, ***)";
}
