using System.Net;
using System.Text.Json;
using CodingAgent.Forges.Http;
using CodingAgent.Forges.GitHub.Webhooks;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Forges.GitHub;

/// <summary>
/// Making a GitHub App from a manifest: a form that a person's browser posts to GitHub, and the code that comes back for its credentials
/// (https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest).
/// </summary>
public static class AppManifest
{
    /// <summary>The least permissions that do the work, as <c>app-manifest.yml</c> has them: level by name.</summary>
    public static IReadOnlyDictionary<string, string> Permissions { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["metadata"] = AppPermissions.Read,
        ["contents"] = AppPermissions.Write,
        ["issues"] = AppPermissions.Write,
        ["pull_requests"] = AppPermissions.Write,
        ["checks"] = AppPermissions.Write,
        ["statuses"] = AppPermissions.Read,
        ["actions"] = AppPermissions.Write,
    };

    /// <summary>The events that are used.</summary>
    public static IReadOnlyList<string> Events => WebhookReader.EventNames;

    /// <summary>The manifest as JSON, for the form's field <c>manifest</c>.</summary>
    /// <param name="name">What the App is to be called.</param>
    /// <param name="webhook">Where GitHub delivers events to.</param>
    /// <param name="back">Where GitHub sends the person back to, with the code.</param>
    /// <param name="signedIn">Where GitHub sends people back to who sign in with their account.</param>
    public static string Json(string name, Uri webhook, Uri back, Uri signedIn) => JsonSerializer.Serialize(new
    {
        name,
        url = webhook.GetLeftPart(UriPartial.Authority),
        description = "Turns labelled issues, /agent comments and reviews into planned, tested, reviewed pull requests.",
        @public = false,
        hook_attributes = new { url = webhook.AbsoluteUri, active = true },
        redirect_url = back.AbsoluteUri,
        callback_urls = new[] { signedIn.AbsoluteUri },
        default_permissions = Permissions,
        default_events = Events,
    });

    /// <summary>Where the form is posted.</summary>
    /// <param name="options">Which GitHub.</param>
    /// <param name="organization">The organisation that is to own the App; null for the person who posts.</param>
    /// <param name="state">What comes back with the code.</param>
    public static Uri FormAddress(GitHubOptions options, string? organization, string state) => new(
        $"{options.WebUrl}{(organization is null ? "" : $"/organizations/{Uri.EscapeDataString(organization)}")}/settings/apps/new?state={Uri.EscapeDataString(state)}");

    /// <summary>Whether a code could be one: it becomes part of an address.</summary>
    public static bool IsCode(string? code) => code is { Length: > 0 and <= 200 } && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>Takes the credentials for a code; a code does it once, within the hour.</summary>
    /// <param name="options">Which GitHub.</param>
    /// <param name="code">The code; see <see cref="IsCode"/>.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Receives repeated calls.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ForgeRejectedException">The code is used up, too old, or none.</exception>
    /// <exception cref="ForgeUnavailableException">GitHub is away, or did not answer with all of it.</exception>
    public static async Task<CreatedApp> ConvertAsync(GitHubOptions options, string code, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        if (!IsCode(code))
            throw new ForgeRejectedException("What came back is no code of a manifest.", HttpStatusCode.BadRequest);
        using var api = new GitHubApi(RepeatingPipeline.NewTransport(), options, new Nobody(), time, logger);
        // Used up by the first attempt, whatever became of its answer.
        var answer = await api.RunAsync(new GitHubCall(null, cancellationToken) { IsRepeatable = false }, c => c.GitHubApps.CreateAppFromManifest(code));
        if (answer is not { Id: > 0, Pem.Length: > 0, WebhookSecret.Length: > 0, Slug.Length: > 0 })
            throw new ForgeUnavailableException("GitHub made the App and did not tell all of its credentials; delete it there, and begin again.");
        return new CreatedApp(new AppCredentials($"{answer.Id}", answer.Pem), answer.Slug, answer.HtmlUrl, answer.WebhookSecret, answer.ClientId ?? "", answer.ClientSecret ?? "");
    }

    private sealed class Nobody : ITokenSource
    {
        public ValueTask<ForgeToken> GetTokenAsync(RepoRef? repo, string step, TokenPermissions permissions, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new ForgeToken("", ""));
    }
}

/// <summary>An App that was just made, with all its secrets.</summary>
/// <param name="Credentials">Its id and private key.</param>
/// <param name="Slug">Its name in addresses.</param>
/// <param name="WebUrl">Its page.</param>
/// <param name="WebhookSecret">What its events are signed with.</param>
/// <param name="ClientId">Its client id.</param>
/// <param name="ClientSecret">Its client secret.</param>
public sealed record CreatedApp(AppCredentials Credentials, string Slug, string WebUrl, string WebhookSecret, string ClientId, string ClientSecret)
{
    /// <summary>Masked.</summary>
    public override string ToString() => $"CreatedApp({Slug}, ***)";
}
