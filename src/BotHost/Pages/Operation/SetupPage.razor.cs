using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Diagnosis;
using CodingAgent.Forges;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Storage;
using CodingAgent.Workflows.Secrets;
using Microsoft.AspNetCore.Components;

namespace CodingAgent.BotHost.Pages.Operation;

/// <summary>How the service is connected, and with what it was started.</summary>
/// <param name="settings">Settings.</param>
/// <param name="configuration">Where they come from.</param>
/// <param name="keys">The keys of the API.</param>
/// <param name="redaction">Takes out secrets that stand where none belongs.</param>
/// <param name="time">Clock.</param>
public sealed partial class SetupPage(HostSettings settings, IConfiguration configuration, ApiKeys keys, Redaction redaction, TimeProvider time)
{
    private IReadOnlyList<Forge> _forges = [];
    private IReadOnlyList<(string Model, string Roles, bool HasPrice)> _models = [];
    private IReadOnlyList<ApiKey> _keys = [];
    private IReadOnlyList<(string Name, string? Value)> _set = [];

    /// <summary>The request.</summary>
    [CascadingParameter]
    public HttpContext Http { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        _forges = [.. Forges()];
        _models = settings.IsWorker ? [.. ModelProbe.Configured(settings.Flow).Select(m => (redaction.Apply(m.Model), m.Roles, settings.Flow.Prices.Find(m.Model) is not null))] : [];
        _keys = await keys.ListAsync(Http.RequestAborted);
        _set = [.. configuration.AsEnumerable().Where(p => !string.IsNullOrWhiteSpace(p.Value)).Select(p => (p.Key, p.Value, Setting: SettingCatalogue.All.FirstOrDefault(s => s.Is(p.Key)))).Where(p => p.Setting is not null)
            .OrderBy(p => p.Key, StringComparer.OrdinalIgnoreCase)
            // A shell line may hold anything.
            .Select(p => (p.Key, p.Setting!.IsSecret || p.Key.EndsWith("Command", StringComparison.OrdinalIgnoreCase) ? null : redaction.Apply(p.Value!)))];
    }

    private IEnumerable<Forge> Forges()
    {
        if (settings.GitHub is { } gitHub)
            yield return Of(ForgeKind.GitHub, gitHub.Api.ApiUrl, gitHub.App is { } app ? $"the App {app.Id}" : "the account of Forge:GitHub:Token", gitHub.App is not null, gitHub.SignIn is not null, gitHub.Served, gitHub.WebhookSecrets);
        if (settings.GitLab is { } gitLab)
            yield return Of(ForgeKind.GitLab, gitLab.Site.Url, "the account of Forge:GitLab:Token", false, gitLab.SignIn is not null, gitLab.Served, gitLab.WebhookSecrets);
    }

    private Forge Of(ForgeKind kind, Uri address, string account, bool isApp, bool hasSignIn, IReadOnlyList<string> served, WebhookSecrets secrets) => new(
        kind, address.AbsoluteUri, account, isApp, hasSignIn, served, $"{settings.Web.PublicUrl?.GetLeftPart(UriPartial.Authority)}/webhooks/{kind.ToString().ToLowerInvariant()}", secrets.Others.Count > 0, [.. secrets.Entries.Select(e => e.Words)]);

    private sealed record Forge(ForgeKind Kind, string Address, string Account, bool IsApp, bool HasSignIn, IReadOnlyList<string> Served, string Webhook, bool HasSecret, IReadOnlyList<string> OwnSecrets);
}
