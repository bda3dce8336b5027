using CodingAgent.BotHost.Configuration;
using CodingAgent.Forges;

namespace CodingAgent.BotHost.Pages.SignIn;

/// <summary>A forge by whose accounts people sign in, and where it does that.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Application">What this service is there.</param>
/// <param name="Authorize">Its page that asks the person.</param>
/// <param name="Token">Takes the code that comes back.</param>
/// <param name="User">Says who the person is.</param>
/// <param name="Scope">What is asked for, to be told that and no more; null where it needs no asking.</param>
public sealed record SignInForge(ForgeKind Kind, SignInApplication Application, string Authorize, string Token, string User, string? Scope)
{
    /// <summary>What people call it; its name as a scheme, too.</summary>
    public string Name => ForgeTerms.Of(Kind).Name;

    /// <summary>Where signing in by it begins.</summary>
    public string BeginPath => $"{Session.SignInPath}/{Kind.ToString().ToLowerInvariant()}";

    /// <summary>Where it sends people back to.</summary>
    public static string BackOf(ForgeKind kind) => $"{Session.SignInPath}/{kind.ToString().ToLowerInvariant()}/back";

    /// <summary>Those that the settings name an application of.</summary>
    public static IReadOnlyList<SignInForge> Of(GitHubSettings? gitHub, GitLabSettings? gitLab)
    {
        var forges = new List<SignInForge>();
        // https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
        if (gitHub is { SignIn: { } onGitHub, Api: var api })
            forges.Add(new SignInForge(ForgeKind.GitHub, onGitHub, $"{api.WebUrl}/login/oauth/authorize", $"{api.WebUrl}/login/oauth/access_token", $"{api.ApiUrl.AbsoluteUri.TrimEnd('/')}/user", null));
        // https://docs.gitlab.com/api/oauth2/#authorization-code-with-proof-key-for-code-exchange-pkce
        if (gitLab is { SignIn: { } onGitLab, Site.Url: var url } && url.AbsoluteUri.TrimEnd('/') is var root)
            forges.Add(new SignInForge(ForgeKind.GitLab, onGitLab, $"{root}/oauth/authorize", $"{root}/oauth/token", $"{root}/api/v4/user", "read_user"));
        return forges;
    }
}
