using System.Text;
using CodingAgent.Agents.Models;
using CodingAgent.BotHost.Housekeeping;
using CodingAgent.Forges;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Storage;
using CodingAgent.Workflows.Activities;
using Temporalio.Client;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Validated configuration of <c>codingagent serve</c>; see <see cref="SettingCatalogue"/> for every key.</summary>
/// <param name="Role">What this process does.</param>
/// <param name="Urls">Addresses to listen on, e.g. <c>http://127.0.0.1:8080</c>.</param>
/// <param name="DataDirectory">Folder for databases, mirrors and workspaces.</param>
/// <param name="GitHub">GitHub; null where it is not served.</param>
/// <param name="Api">The REST API.</param>
/// <param name="TemporalAddress"><c>host:port</c> of a cluster; null starts the embedded server.</param>
/// <param name="TemporalPort">Loopback port of the embedded server; 0 takes a free one.</param>
/// <param name="TemporalNamespace">Temporal namespace.</param>
/// <param name="TemporalTaskQueue">The task queue that this service's tasks and workers share.</param>
/// <param name="TemporalApiKey">API key of the cluster, if it asks for one, or of the embedded server, in place of the one in the data folder.</param>
/// <param name="TemporalTls">Transport security of the connection to the cluster; null for the default: on with an API key, else off.</param>
/// <param name="TemporalRetention">How long the embedded server keeps closed workflows; null for good.</param>
/// <param name="TemporalMaxDatabaseBytes">How large the embedded server's database may grow; null without limit.</param>
/// <param name="OpenAi">The model endpoint.</param>
/// <param name="Flow">Models, prices and limits of coding tasks.</param>
/// <param name="Egress">What set-up's way out is like on this worker; its hosts are each repository's.</param>
/// <param name="AllowUnlimitedMemory">Accept sandboxes whose memory cannot be limited.</param>
/// <param name="Docker">The Engine for repositories that name an image.</param>
public sealed record HostSettings(
    HostRole Role, string Urls, string DataDirectory, GitHubSettings? GitHub, ApiSettings Api,
    string? TemporalAddress, int TemporalPort, string TemporalNamespace, string TemporalTaskQueue, string? TemporalApiKey, TlsOptions? TemporalTls,
    TimeSpan? TemporalRetention, long? TemporalMaxDatabaseBytes,
    OpenAiOptions OpenAi, FlowSettings Flow, EgressOptions Egress, bool AllowUnlimitedMemory, DockerOptions Docker)
{
    /// <summary>Whether this process takes webhooks and REST.</summary>
    public bool IsWeb => Role.HasFlag(HostRole.Web);

    /// <summary>Whether this process runs agents and checks.</summary>
    public bool IsWorker => Role.HasFlag(HostRole.Worker);

    /// <summary>Whether this process applies changes.</summary>
    public bool IsApplier => Role.HasFlag(HostRole.Apply);

    /// <summary>GitLab; null where it is not served.</summary>
    public GitLabSettings? GitLab { get; init; }

    /// <summary>The repositories that are worked on.</summary>
    public ServedRepositories Served => Of(GitHub, GitLab);

    /// <summary>The repositories that are worked on, of the forges that are served.</summary>
    public static ServedRepositories Of(GitHubSettings? gitHub, GitLabSettings? gitLab)
    {
        var served = new Dictionary<ForgeKind, IReadOnlyList<string>>();
        if (gitHub is not null)
            served[ForgeKind.GitHub] = gitHub.Served;
        if (gitLab is not null)
            served[ForgeKind.GitLab] = gitLab.Served;
        return new ServedRepositories(served);
    }

    /// <summary>Where the keys of signed records are.</summary>
    public required RecordKeySettings RecordKeys { get; init; }

    /// <summary>What strangers may ask of the web role.</summary>
    public WebSettings Web { get; init; } = WebSettings.Default;

    /// <summary>Where people find what pages lead to.</summary>
    public LinkSettings Links { get; init; } = LinkSettings.None;

    /// <summary>What the dashboard compares with.</summary>
    public DashboardSettings Dashboard { get; init; } = DashboardSettings.None;

    /// <summary>Marks of the data folder's free space.</summary>
    public DiskSettings Disk { get; init; } = DiskSettings.Default;

    /// <summary>Whether start-up tries forge and model, which costs a tiny request.</summary>
    public bool DiagnosesAtStart { get; init; } = true;

    /// <summary>How often what passed unheard is looked for; null for never.</summary>
    public TimeSpan? SweepEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What is logged, and as what.</summary>
    public LogSettings Log { get; init; } = LogSettings.Text;

    /// <summary>How long what is kept.</summary>
    public RetentionSettings Retention { get; init; } = RetentionSettings.Default;

    /// <summary>Most bytes a workspace may hold of its own.</summary>
    public long WorkspaceBytes { get; init; } = DiskBounds.Default.Bytes;

    /// <summary>Most files and folders a workspace may hold of its own.</summary>
    public long WorkspaceFiles { get; init; } = DiskBounds.Default.Files;

    /// <summary>Most changed files that one snapshot of a workspace takes in.</summary>
    public long SnapshotFiles { get; init; } = TrustedGitOptions.DefaultSnapshotFiles;

    /// <summary>Most bytes of them together.</summary>
    public long SnapshotBytes { get; init; } = TrustedGitOptions.DefaultSnapshotBytes;

    /// <summary>What the applier signs commits with; null for nothing.</summary>
    public CommitSigning? Signing { get; init; }

    /// <summary>Where the keys come from that seal what is kept.</summary>
    public required StorageKeySettings StorageKeys { get; init; }

    /// <summary>Whether the embedded server lets in callers without a key.</summary>
    public bool TemporalAllowUnauthenticated { get; init; }

    /// <summary>MCP servers of others.</summary>
    public McpSettings Mcp { get; init; } = McpSettings.None;

    /// <summary>Hosts that agents may read documentation from; empty for none.</summary>
    public IReadOnlyList<HostRule> PageHosts { get; init; } = [];

    /// <summary>The model that code is found by its meaning with; null for none.</summary>
    public EmbeddingSettings? Embeddings { get; init; }

    /// <summary>Origins of the Temporal pages that may have payloads opened here, e.g. <c>https://temporal.example.com</c>.</summary>
    public IReadOnlyList<string> CodecOrigins { get; init; } = [];

    /// <summary>Credentials that named steps of set-up may use.</summary>
    public IReadOnlyList<SetupSecret> SetupSecrets { get; init; } = [];

    /// <summary>Every secret of the configuration, for masking in whatever leaves the process.</summary>
    public IReadOnlyList<string> Secrets => [.. ((string?[])[GitHub?.Token, GitHub?.App?.PrivateKey, GitLab?.Token, GitHub?.SignIn?.ClientSecret, GitLab?.SignIn?.ClientSecret, Api.Key, TemporalApiKey, OpenAi.ApiKey, Egress.UpstreamProxy?.UserInfo.Split(':', 2)[^1], .. GitHub?.WebhookSecrets.All ?? [], .. GitLab?.WebhookSecrets.All ?? [], .. SetupSecrets.SelectMany(s => Forms(s.Read()))]).OfType<string>().Where(s => s.Length > 0)];

    // A header's value, and what in it is the secret: after the scheme, and of a user with a password the password.
    private static IEnumerable<string> Forms(string? header)
    {
        if (header is null)
            yield break;
        yield return header;
        if (header.Split(' ', 2) is not [var scheme, var value])
            yield break;
        yield return value;
        var bytes = new byte[value.Length];
        if (scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && Convert.TryFromBase64String(value, bytes, out var length))
            yield return Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2)[^1];
    }

    /// <summary>Masked: settings hold secrets.</summary>
    public override string ToString() => $"HostSettings({Role}, {Urls}, ***)";
}
