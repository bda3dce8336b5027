using CodingAgent.Agents.Models;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Validated configuration of <c>codingagent serve</c>; see docs/guide/configuration.md for every key.</summary>
/// <param name="Role">What this process does.</param>
/// <param name="Urls">Addresses to listen on, e.g. <c>http://127.0.0.1:8080</c>.</param>
/// <param name="DataDirectory">Folder for databases, mirrors and workspaces.</param>
/// <param name="GitHubApi">Base address of the GitHub REST API.</param>
/// <param name="GitHubToken">Personal access token of the dedicated account.</param>
/// <param name="WebhookSecret">Secret GitHub signs webhooks with.</param>
/// <param name="ApiKey">Key the REST API asks for.</param>
/// <param name="TemporalAddress"><c>host:port</c> of a cluster; null starts the embedded server.</param>
/// <param name="TemporalNamespace">Temporal namespace.</param>
/// <param name="TemporalApiKey">API key of the cluster, if it asks for one.</param>
/// <param name="TemporalTls">Whether the connection to the cluster uses TLS.</param>
/// <param name="OpenAiKey">Key of the model endpoint.</param>
/// <param name="OpenAiBaseUrl">Base address of the model endpoint; null means OpenAI's own.</param>
/// <param name="Models">Model name per role.</param>
/// <param name="Prices">US dollars per million tokens, by model name; a model without a price costs nothing in budgets, and start-up says so.</param>
/// <param name="AllowUnlimitedMemory">Accept sandboxes whose memory cannot be limited.</param>
public sealed record HostSettings(
    HostRole Role, string Urls, string DataDirectory, Uri GitHubApi, string GitHubToken, string WebhookSecret, string ApiKey,
    string? TemporalAddress, string TemporalNamespace, string? TemporalApiKey, bool TemporalTls,
    string OpenAiKey, Uri? OpenAiBaseUrl, RoleModels Models, IReadOnlyDictionary<string, ModelPrice> Prices, bool AllowUnlimitedMemory)
{
    /// <summary>Masked: settings hold secrets.</summary>
    public override string ToString() => $"HostSettings({Role}, {Urls}, ***)";
}
