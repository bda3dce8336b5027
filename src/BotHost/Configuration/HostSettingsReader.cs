using System.Globalization;
using CodingAgent.Agents.Models;
using CodingAgent.BotHost.Housekeeping;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Storage;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Turns configuration keys into <see cref="HostSettings"/>; the first problem stops start-up with one line.</summary>
public static class HostSettingsReader
{
    // No file of a command is larger than its workspace, and its shell is one.
    private const long SmallestWorkspace = 64L << 20;

    /// <summary>Reads and checks everything.</summary>
    /// <exception cref="ConfigurationException">A key is missing or malformed.</exception>
    public static HostSettings Read(IConfiguration configuration)
    {
        var role = ReadRole(configuration["Role"]);
        var temporal = Optional(configuration, "Temporal:Address");
        var web = role.HasFlag(HostRole.Web);
        if (!web && temporal is null)
            throw new ConfigurationException($"--role {configuration["Role"]} needs Temporal:Address (or --temporal-address): without a web process it cannot use the embedded server.");
        if (temporal is not null && !IsHostAndPort(temporal))
            throw new ConfigurationException($"Temporal:Address is '{temporal}'; write it as host:port, e.g. temporal.internal:7233.");

        var data = Path.GetFullPath(Optional(configuration, "DataDirectory") ?? "data");
        var isOpen = Flag(configuration, "Temporal:AllowUnauthenticated");
        if (isOpen && Optional(configuration, "Temporal:ApiKey") is not null)
            throw new ConfigurationException("Temporal:AllowUnauthenticated is true, and Temporal:ApiKey is set; remove one or the other.");
        var bytes = Quantities.Size("Sandbox:WorkspaceSize", configuration["Sandbox:WorkspaceSize"], DiskBounds.Default.Bytes) ?? long.MaxValue;
        if (bytes < SmallestWorkspace)
            throw new ConfigurationException($"Sandbox:WorkspaceSize is '{configuration["Sandbox:WorkspaceSize"]}'; nothing builds in less than 64MB.");
        var files = Quantities.Count("Sandbox:WorkspaceFiles", configuration["Sandbox:WorkspaceFiles"], DiskBounds.Default.Files) ?? long.MaxValue;
        var gitLab = GitLabSettings.Read(configuration, web);
        // Where nothing is set of any, GitHub's are what is missing.
        var gitHub = gitLab is null || AnyOf(configuration, "Forge:GitHub") ? GitHubSettings.Read(configuration, web) : null;
        return new HostSettings(
            role,
            ReadUrls(Optional(configuration, "Urls") ?? "http://127.0.0.1:8080"),
            data,
            gitHub,
            web ? ApiSettings.Read(configuration) : ApiSettings.None,
            temporal,
            Port(configuration, "Temporal:Port"),
            Optional(configuration, "Temporal:Namespace") ?? "default",
            Optional(configuration, "Temporal:TaskQueue") ?? TaskQueues.CodingAgent,
            Header(configuration, "Temporal:ApiKey"),
            TemporalTlsReader.Read(configuration),
            Quantities.Retention("Temporal:Retention", configuration["Temporal:Retention"], TimeSpan.FromDays(30)),
            Quantities.Size("Temporal:MaxDatabaseSize", configuration["Temporal:MaxDatabaseSize"]),
            ReadOpenAi(configuration, role),
            ReadFlow(configuration, role, HostSettings.Of(gitHub, gitLab)),
            EgressSettings.Read(configuration),
            Flag(configuration, "Sandbox:AllowUnlimitedMemory"),
            DockerSettings.Read(configuration, Flag(configuration, "Sandbox:AllowUnlimitedMemory")) with { Workspace = new DiskBounds(bytes, files) })
        {
            GitLab = gitLab,
            StorageKeys = StorageKeySettings.Read(configuration, data),
            RecordKeys = RecordKeySettings.Read(configuration, data),
            TemporalAllowUnauthenticated = isOpen,
            CodecOrigins = ReadOrigins(configuration),
            Web = WebSettings.Read(configuration),
            Links = LinkSettings.Read(configuration, Optional(configuration, "Temporal:Namespace") ?? "default"),
            Dashboard = DashboardSettings.Read(configuration),
            Log = LogSettings.Read(configuration),
            DiagnosesAtStart = Optional(configuration, "Doctor:AtStart") is null || Flag(configuration, "Doctor:AtStart"),
            Disk = new DiskSettings(
                Quantities.Size("Disk:NewWork", configuration["Disk:NewWork"], DiskSettings.Default.NewWork) ?? 0,
                Quantities.Size("Disk:Reserve", configuration["Disk:Reserve"], DiskSettings.Default.Reserve) ?? 0),
            Retention = new RetentionSettings(
                Quantities.Retention("Retention:Inbox", configuration["Retention:Inbox"], RetentionSettings.Default.Inbox!.Value),
                Quantities.Retention("Retention:Tasks", configuration["Retention:Tasks"], RetentionSettings.Default.Tasks!.Value),
                Quantities.Retention("Retention:Mirrors", configuration["Retention:Mirrors"], RetentionSettings.Default.Mirrors!.Value)),
            Mcp = McpSettings.Read(configuration, data),
            SweepEvery = Quantities.Retention("Sweep:Every", configuration["Sweep:Every"], TimeSpan.FromMinutes(10)),
            SetupSecrets = SetupSecretSettings.Read(configuration),
            PageHosts = [.. EgressSettings.Items(configuration, "Pages:Hosts").Select(host => EgressSettings.Host("Pages:Hosts", host))],
            Embeddings = EmbeddingSettings.Read(configuration),
            WorkspaceBytes = bytes,
            WorkspaceFiles = files,
            SnapshotFiles = Quantities.Count("Snapshots:MaxFiles", configuration["Snapshots:MaxFiles"], TrustedGitOptions.DefaultSnapshotFiles) ?? long.MaxValue,
            Signing = CommitSettings.Read(configuration),
            SnapshotBytes = Quantities.Size("Snapshots:MaxSize", configuration["Snapshots:MaxSize"], TrustedGitOptions.DefaultSnapshotBytes) ?? long.MaxValue,
        };
    }

    /// <summary>Whether a setting below a name has a value: a variable that is there and empty has none.</summary>
    internal static bool AnyOf(IConfiguration configuration, string section) => configuration.GetSection(section).AsEnumerable().Any(p => !string.IsNullOrWhiteSpace(p.Value));

    // As browsers send them: scheme, host and port but the usual one, in lower case, nothing more.
    private static IReadOnlyList<string> ReadOrigins(IConfiguration configuration) =>
        [.. (Optional(configuration, "Codec:Origins") ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(origin =>
            Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", PathAndQuery: "/", Fragment: "", UserInfo: "" }
                ? uri.GetLeftPart(UriPartial.Authority)
                : throw new ConfigurationException($"Codec:Origins has '{origin}'; write where Temporal's pages are, without a path, e.g. https://temporal.example.com or http://127.0.0.1:8233."))];

    // By name only: the parser of enums would also take numbers.
    private static HostRole ReadRole(string? text) => (text ?? "all").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).DefaultIfEmpty("all").Aggregate(HostRole.None, (roles, name) => roles | name.ToLowerInvariant() switch
    {
        "all" => HostRole.All,
        "web" => HostRole.Web,
        "worker" => HostRole.Worker,
        "apply" => HostRole.Apply,
        _ => throw new ConfigurationException($"--role is '{text}'; it is all, or one or more of web, worker, apply with commas between."),
    });

    // The server would find these out while starting, in more than one line.
    private static string ReadUrls(string text)
    {
        ConfigurationException Wrong(string url, string why) => new($"Urls has '{url}', {why}; write e.g. http://127.0.0.1:8080 (--urls).");
        foreach (var url in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            BindingAddress address;
            try
            {
                address = BindingAddress.Parse(url);
            }
            catch (FormatException)
            {
                throw Wrong(url, "which is no address to listen on");
            }

            if (address.Scheme.Equals(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase))
                throw Wrong(url, "but this service speaks http only: put a proxy that terminates TLS in front");
            // What is not a port stays part of the host's name there.
            var hasBadPort = !address.IsUnixPipe && (address.Port > ushort.MaxValue || address.Host.LastIndexOf(':') > address.Host.LastIndexOf(']'));
            if (!address.Scheme.Equals(Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase) || address.PathBase.Length > 0 || hasBadPort)
                throw Wrong(url, "which is no address to listen on");
            if (address is { Port: 0, IsUnixPipe: false } && address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
                throw Wrong(url, "but localhost is two addresses and cannot take a free port");
        }

        return text;
    }

    private static OpenAiOptions ReadOpenAi(IConfiguration configuration, HostRole role)
    {
        var key = Header(configuration, "OPENAI_API_KEY") ?? Header(configuration, "Models:ApiKey");
        // Who asks no model needs no key of one.
        var options = new OpenAiOptions(key ?? (role.HasFlag(HostRole.Worker) ? Secret(configuration, "Models:ApiKey", "the model endpoint's key; OPENAI_API_KEY is read too") : ""))
        {
            Api = ReadModelApi(configuration["Models:Api"]),
        };
        var baseUrl = Address(configuration, "OPENAI_BASE_URL") ?? Address(configuration, "Models:BaseUrl");
        return baseUrl is null ? options : options with { BaseUrl = baseUrl };
    }

    private static OpenAiApi ReadModelApi(string? text) => (text?.Trim().ToLowerInvariant() ?? "") switch
    {
        "" or "chat" => OpenAiApi.Chat,
        "responses" => OpenAiApi.Responses,
        _ => throw new ConfigurationException($"Models:Api is '{text}'; write chat or responses (OpenAI's Chat Completions or Responses)."),
    };

    private static FlowSettings ReadFlow(IConfiguration configuration, HostRole role, ServedRepositories served)
    {
        var all = Optional(configuration, "Models:Default") ?? (role.HasFlag(HostRole.Worker) ? null : "");
        string For(string role) => Optional(configuration, $"Models:{role}") ?? all
            ?? throw new ConfigurationException($"Models:{role} is missing: name the model for this role, or one for all in Models:Default (environment: Models__Default).");
        return new FlowSettings
        {
            PlannerModel = For("Planner"),
            CoderModel = For("Coder"),
            CriticModel = For("Critic"),
            FallbackModel = Optional(configuration, "Models:Fallback"),
            Variants = role.HasFlag(HostRole.Worker) ? PromptVariants.Read(configuration) : [],
            Prices = new ModelPrices(ReadPrices(configuration.GetSection("Models:Prices"))),
            SignsCommits = role.HasFlag(HostRole.Apply) ? CommitSettings.Read(configuration) is not null : null,
            MultiRepo = Flag(configuration, "Features:MultiRepo"),
            Serves = served.Serves,
            AllowsBot = AllowedBots.Read(configuration).Allows,
            HeartbeatTimeout = Seconds(configuration, "Flow:HeartbeatTimeout", 20, 2, 600),
            MaxTaskSnapshotBytes = Quantities.Size("Snapshots:MaxTaskSize", configuration["Snapshots:MaxTaskSize"], FlowSettings.DefaultTaskSnapshotBytes) ?? long.MaxValue,
            Advisories = ReadAdvisories(Optional(configuration, "Advisories:Path"), role),
        };
    }

    // Only the applier looks at them.
    private static Advisories ReadAdvisories(string? path, HostRole role)
    {
        if (path is null || !role.HasFlag(HostRole.Apply))
            return Advisories.None;
        try
        {
            return AdvisoryFolder.Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or System.Security.SecurityException)
        {
            throw new ConfigurationException($"Advisories:Path is '{path}', which cannot be read: {e.Message}");
        }
    }

    private static Dictionary<string, ModelPrice> ReadPrices(IConfigurationSection section)
    {
        var prices = new Dictionary<string, ModelPrice>(StringComparer.Ordinal);
        foreach (var model in section.GetChildren())
        {
            decimal Price(string key) =>
                decimal.TryParse(model[key], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd)
                    ? usd
                    : throw new ConfigurationException($"{model.Path}:{key} is '{model[key]}'; write US dollars per million tokens, e.g. 2.50.");
            prices[model.Key] = new ModelPrice(Price("Input"), Price("CachedInput"), Price("Output"));
        }

        return prices;
    }

    internal static string? Optional(IConfiguration configuration, string key) =>
        string.IsNullOrWhiteSpace(configuration[key]) ? null : configuration[key]!.Trim();

    internal static string Secret(IConfiguration configuration, string key, string meaning) =>
        Header(configuration, key)
        ?? throw new ConfigurationException($"{key} is missing: set the environment variable {key.Replace(":", "__", StringComparison.Ordinal)} to {meaning}.");

    // Secrets travel in headers, where a line break in the middle (a file of two lines, a shell's quoting) would fail each call.
    internal static string? Header(IConfiguration configuration, string key) =>
        Optional(configuration, key) is { } text && text.Any(char.IsControl)
            ? throw new ConfigurationException($"{key} holds a line break or another control character; set it to the secret alone.")
            : Optional(configuration, key);

    internal static Uri? Address(IConfiguration configuration, string key)
    {
        var text = Optional(configuration, key);
        if (text is null)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new ConfigurationException($"{key} is '{text}'; write an absolute http or https address.");
        // Not shown: what stands there may be a password.
        return uri.UserInfo.Length == 0 ? uri : throw new ConfigurationException($"{key} holds credentials; write the address without them and use the keys meant for secrets.");
    }

    private static bool Flag(IConfiguration configuration, string key)
    {
        var text = Optional(configuration, key);
        return text is not null && (bool.TryParse(text, out var flag)
            ? flag
            : throw new ConfigurationException($"{key} is '{text}'; write true or false."));
    }

    private static int Port(IConfiguration configuration, string key)
    {
        var text = Optional(configuration, key);
        return text is null ? 0
            : ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port
            : throw new ConfigurationException($"{key} is '{text}'; write a port number, or 0 for any free one.");
    }

    internal static TimeSpan Seconds(IConfiguration configuration, string key, int otherwise, int least, int most)
    {
        var text = Optional(configuration, key);
        return text is null ? TimeSpan.FromSeconds(otherwise)
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds >= least && seconds <= most ? TimeSpan.FromSeconds(seconds)
            : throw new ConfigurationException($"{key} is '{text}'; write whole seconds, from {least} to {most}.");
    }

    private static bool IsHostAndPort(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && Uri.CheckHostName(text[..colon]) != UriHostNameType.Unknown && ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0;
    }
}
