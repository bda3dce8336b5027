using CodingAgent.Forges;
using CodingAgent.Forges.GitHub;
using CodingAgent.Forges.Webhooks;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The keys <c>Forge:GitHub:*</c>.</summary>
/// <param name="Api">Where GitHub is.</param>
/// <param name="Token">Personal access token of the dedicated account; empty for an <see cref="App"/>.</param>
/// <param name="WebhookSecrets">What GitHub signs webhooks with; none where no webhooks are taken.</param>
public sealed record GitHubSettings(GitHubOptions Api, string Token, WebhookSecrets WebhookSecrets)
{
    /// <summary>Reads and checks them.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="takesWebhooks">Whether this process takes webhooks.</param>
    /// <exception cref="ConfigurationException">A key is missing or malformed.</exception>
    public static GitHubSettings Read(IConfiguration configuration, bool takesWebhooks)
    {
        var api = ReadApi(configuration);
        var app = AppCredentialsReader.Read(configuration);
        return new GitHubSettings(
            api,
            app is not null ? "" : HostSettingsReader.Secret(configuration, AppCredentialsReader.Token, "a personal access token of the account the bot acts as, or make a GitHub App ('codingagent setup github'); for GitLab set Forge__GitLab__Token"),
            takesWebhooks ? WebhookSecretsReader.Read(configuration, ForgeKind.GitHub) : WebhookSecrets.None)
        {
            App = app,
            SignIn = SignInApplication.Read(configuration, "Forge:GitHub"),
            Served = ServedRepositories.Read(configuration, ForgeKind.GitHub),
        };
    }

    /// <summary>Reads and checks where GitHub is.</summary>
    /// <exception cref="ConfigurationException">The address cannot be GitHub's.</exception>
    public static GitHubOptions ReadApi(IConfiguration configuration)
    {
        var api = HostSettingsReader.Address(configuration, "Forge:GitHub:ApiUrl") is { } url ? new GitHubOptions { ApiUrl = url } : new GitHubOptions();
        try
        {
            api.Validate();
            return api;
        }
        catch (ArgumentException e)
        {
            throw new ConfigurationException(e.Message);
        }
    }

    /// <summary>The GitHub App that the service acts as; null where it acts as an account.</summary>
    public AppCredentials? App { get; init; }

    /// <summary>By what people sign in to the pages with their account there; null where they do not.</summary>
    public SignInApplication? SignIn { get; init; }

    /// <summary>The repositories that are worked on; empty for all.</summary>
    public required IReadOnlyList<string> Served { get; init; }

    /// <summary>Masked: they hold secrets.</summary>
    public override string ToString() => $"GitHubSettings({Api}, ***)";
}
