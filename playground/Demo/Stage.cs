using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Toolchains;
using CodingAgent.Playground.LocalForge;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Playground.Demo;

/// <summary>Everything the story plays on: the forge, the model behind its tap, the human, and the service's processes.</summary>
public sealed class Stage : IAsyncDisposable
{
    /// <summary>Owner of the repository.</summary>
    public const string Owner = "acme";
    /// <summary>Account the service acts as.</summary>
    public const string Bot = "coding-agent-bot";
    /// <summary>The human: administrator of the repository.</summary>
    public const string Person = "ada";

    // Where it was built, or its name beside this program where both were published.
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory, typeof(Stage).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ServiceProgram").Value!);

    private readonly string _root;
    private readonly LocalForgeServer _forge;
    private readonly ScriptedModelServer? _scripted;
    private readonly Dictionary<string, string> _environment;
    private readonly int _webPort = FreePort();
    private readonly int _temporalPort = FreePort();
    private readonly List<BotProcess> _processes = [];
    private readonly string? _temporal;
    private readonly SandboxUser? _serviceUser;
    private readonly DemoForge _face;
    private bool _keepFiles;

    private Stage(string name, string? temporal, SandboxUser? serviceUser, string root, LocalForgeServer forge, ScriptedModelServer? scripted, ModelTap tap, string model, string modelKey, string botToken, string personToken, DemoForge face)
    {
        Name = name;
        _temporal = temporal;
        _serviceUser = serviceUser;
        _face = face;
        _root = root;
        _forge = forge;
        _scripted = scripted;
        Tap = tap;
        Human = new Human(new Uri(forge.ApiUrl), $"{Owner}/{Name}", Person, personToken);
        var page = new Uri($"{forge.BaseUrl}/{Owner}/{Name}");
        Visitor = face == DemoForge.GitLab ? new GitLabVisitor(new Uri(forge.BaseUrl), $"{Owner}/{Name}", personToken) : new GitHubVisitor(Human, page, () => BotLogin);
        WebhookSecret = Secret();
        ApiKey = Secret();
        ModelName = model;
        _environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Api__Key"] = ApiKey,
            ["OPENAI_API_KEY"] = modelKey,
            ["OPENAI_BASE_URL"] = tap.BaseUrl.ToString(),
            ["Models__Default"] = model,
            // The story is told by what tasks ask; a kill at each of those moments is one of the kill matrix.
            ["Doctor__AtStart"] = "false",
        };
        _environment[face == DemoForge.GitLab ? "Forge__GitLab__Url" : "Forge__GitHub__ApiUrl"] = face == DemoForge.GitLab ? forge.BaseUrl : forge.ApiUrl;
        _environment[$"Forge__{face}__Token"] = botToken;
        _environment[$"Forge__{face}__WebhookSecret"] = WebhookSecret;
    }

    /// <summary>Name of the repository.</summary>
    public string Name { get; }

    /// <summary>What the service shows as.</summary>
    internal string BotLogin { get; private set; } = Bot;

    internal ModelTap Tap { get; }

    internal Human Human { get; }

    /// <summary>The same person, at the face of the forge that the service works with.</summary>
    internal Visitor Visitor { get; }

    /// <summary>Settings of the service's processes, as environment variables; a change counts from the next start on.</summary>
    internal IDictionary<string, string> Settings => _environment;

    /// <summary>Folder of everything the service keeps.</summary>
    internal string ServiceDirectory => Path.Combine(_root, "service");

    internal LocalForgeServer Forge => _forge;

    /// <summary>What the scripted model was asked; empty with a real one.</summary>
    internal IReadOnlyList<LoggedRequest> ModelRequests => _scripted?.Requests ?? [];

    /// <summary>What went wrong between service and scripted model: requests that the script refused.</summary>
    internal IReadOnlyList<LoggedRequest> RefusedByModel => [.. _scripted?.Requests.Where(r => r.Outcome == RequestOutcome.Refused) ?? []];

    /// <summary>Where the Temporal server listens.</summary>
    internal string TemporalAddress => _temporal ?? $"127.0.0.1:{_temporalPort}";

    /// <summary>Where workers look for it: there, unless something stands in between.</summary>
    internal string? TemporalAddressOfWorkers { get; set; }

    /// <summary>Told each line the forge logs, while it serves: what it does there happens before the answer leaves.</summary>
    internal Action<string>? OnForgeLine { get; set; }

    /// <summary>Model the service is told to use.</summary>
    public string ModelName { get; }

    /// <summary>Secret of the webhook.</summary>
    public string WebhookSecret { get; }

    /// <summary>Key of the service's REST API.</summary>
    public string ApiKey { get; }

    /// <summary>True unless a real model does the work.</summary>
    public bool IsScripted => _scripted is not null;

    /// <summary>Folder with the service's output, one file per role.</summary>
    public string LogDirectory => Path.Combine(_root, "logs");

    /// <summary>Page of the repository.</summary>
    public Uri RepositoryPage => new($"{_forge.BaseUrl}/{Owner}/{Name}");

    /// <summary>Where the service listens.</summary>
    public Uri ServiceUrl => new($"http://127.0.0.1:{_webPort}");

    /// <summary>Starts forge, model and tap.</summary>
    /// <exception cref="StoryException">A real model is asked for but not named, or a program is missing.</exception>
    public static async Task<Stage> BuildAsync(StageOptions options, CancellationToken ct)
    {
        var (realKey, temporal) = (options.RealKey, options.Temporal);
        foreach (var (program, package) in new[] { ("git", "git"), ("bwrap", "bubblewrap") })
        {
            if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program))))
                throw new StoryException($"The program {program} is missing. Install it first: apt-get install {package}");
        }

        // A server that is already there may remember another play, or be shared: neither ids nor queue are another's.
        var play = temporal is null ? "" : $"-{Secret()[..8]}";
        var name = $"payments{play}";
        var root = Directory.CreateTempSubdirectory("coding-agent-demo-").FullName;
        Directory.CreateDirectory(Path.Combine(root, "logs"));
        Stage? stage = null;
        var forge = await LocalForgeServer.StartAsync(
            new LocalForgeOptions
            {
                DataDirectory = Path.Combine(root, "forge"),
                Log = line => stage?.OnForgeLine?.Invoke(line),
                RunsCi = options.RunsCi,
                CiSandbox = new BubblewrapSandbox(new BubblewrapOptions { Toolchains = HostToolchains.Installed(hostNuGetPackages: true) }, TimeProvider.System),
            },
            ct);

        string botToken = Secret(), personToken = Secret();
        forge.CreateUser(Owner, Secret());
        forge.CreateUser(Person, personToken);
        forge.CreateUser(Bot, botToken);
        if (options.RepositoryFolder is { } repositoryFolder)
        {
            await forge.CreateRepositoryAsync(Owner, name, repositoryFolder, cancellationToken: ct);
            forge.SetAccess(Owner, name, Person, RepoAccess.Admin);
            forge.SetAccess(Owner, name, Bot, RepoAccess.Write);
        }

        ScriptedModelServer? scripted = null;
        string model, modelKey;
        Uri target;
        if (string.IsNullOrWhiteSpace(realKey))
        {
            modelKey = Secret();
            scripted = await ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = modelKey, References = options.References }, ct);
            (target, model) = (scripted.BaseUrl, "scripted");
        }
        else
        {
            modelKey = realKey;
            target = new Uri(Environment.GetEnvironmentVariable("OPENAI_BASE_URL") is { Length: > 0 } url ? url : "https://api.openai.com/v1");
            model = Environment.GetEnvironmentVariable("Models__Default")
                ?? throw new StoryException("OPENAI_API_KEY is set, so a real model does the work: name it in the environment variable Models__Default.");
        }

        var tap = await ModelTap.StartAsync(target, ct);
        stage = new Stage(name, temporal, options.ServiceUser, root, forge, scripted, tap, model, modelKey, botToken, personToken, options.Forge);
        if (options.IsApp)
            stage.ActAsApp();
        if (options.ServiceUser is { } user)
            stage.GiveTo(user);
        if (temporal is not null)
            stage.Settings["Temporal__TaskQueue"] = $"coding-agent-demo{play}";
        if (await RegistryRanges.FindAsync(ct) is { Count: > 0 } ranges)
            stage.Settings["Egress__AllowedRanges"] = string.Join(',', ranges);
        if (options.TemporalNamespace is { } temporalNamespace)
            stage.Settings["Temporal__Namespace"] = temporalNamespace;
        if (options.Forge == DemoForge.GitLab)
            forge.AddGitLabWebhook(Owner, name, new Uri(stage.ServiceUrl, "webhooks/gitlab"), stage.WebhookSecret);
        else
            forge.AddWebhook(new Uri(stage.ServiceUrl, "webhooks/github"), stage.WebhookSecret);
        return stage;
    }

    // All repositories of the owner are its own; the account is there, and has nothing to do.
    private void ActAsApp()
    {
        using var key = RSA.Create(2048);
        var file = Path.Combine(_root, "app.pem");
        File.WriteAllText(file, key.ExportRSAPrivateKeyPem());
        _environment["Forge__GitHub__App__Id"] = $"{_forge.CreateApp(Owner, Bot, key.ExportRSAPublicKeyPem())}";
        _environment["Forge__GitHub__App__PrivateKeyFile"] = file;
        _environment.Remove("Forge__GitHub__Token");
        _forge.InstallApp(Bot, Owner);
        BotLogin = Bot + "[bot]";
    }

    /// <summary>Adds a repository of the same owner, with the same rights for person and bot.</summary>
    /// <param name="name">Name.</param>
    /// <param name="folder">Files of its first commit; null for an empty repository that waits for a push.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The person at that repository.</returns>
    internal async Task<Human> AddRepositoryAsync(string name, string? folder, CancellationToken ct)
    {
        await _forge.CreateRepositoryAsync(Owner, name, folder, cancellationToken: ct);
        _forge.SetAccess(Owner, name, Person, RepoAccess.Admin);
        _forge.SetAccess(Owner, name, Bot, RepoAccess.Write);
        if (_face == DemoForge.GitLab)
            _forge.AddGitLabWebhook(Owner, name, new Uri(ServiceUrl, "webhooks/gitlab"), WebhookSecret);
        return Human.At($"{Owner}/{name}");
    }

    /// <summary>What a service's commands and workspaces are made of on this machine, as its log says; null when it has not said so within a while.</summary>
    /// <param name="role">Whose log.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<string?> PlacesAsync(string role, CancellationToken cancellationToken)
    {
        const string Sign = " Sandbox: ";
        for (var i = 0; i < 50; i++)
        {
            using var log = new StreamReader(new FileStream(Path.Combine(LogDirectory, $"{role}.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            if (Array.Find((await log.ReadToEndAsync(cancellationToken)).Split('\n'), l => l.Contains(Sign, StringComparison.Ordinal)) is { } line) return line[(line.IndexOf(Sign, StringComparison.Ordinal) + 1)..];
            await Task.Delay(100, cancellationToken);
        }

        return null;
    }

    /// <summary>Adds an account with this access to a repository.</summary>
    internal Human AddPerson(string login, string repository, RepoAccess access)
    {
        var token = Secret();
        _forge.CreateUser(login, token);
        _forge.SetAccess(Owner, repository, login, access);
        return new Human(new Uri(_forge.ApiUrl), $"{Owner}/{repository}", login, token);
    }

    /// <summary>Starts <c>codingagent serve</c> in a role and waits until it says it is ready.</summary>
    internal async Task<BotProcess> StartServiceAsync(string role, CancellationToken ct)
    {
        List<string> arguments = ["serve", "--role", role, "--data", ServiceDirectory];
        var isWeb = role is "all" or "web";
        _environment.TryAdd("Web__PublicUrl", ServiceUrl.GetLeftPart(UriPartial.Authority));
        if (isWeb)
            arguments.AddRange(["--urls", ServiceUrl.ToString()]);
        arguments.AddRange(!isWeb || _temporal is not null
            ? ["--temporal-address", (isWeb ? null : TemporalAddressOfWorkers) ?? TemporalAddress]
            : ["--temporal-port", $"{_temporalPort}"]);
        var process = BotProcess.Start(Program, arguments, _environment, _serviceUser, Path.Combine(LogDirectory, $"{role}.log"));
        _processes.Add(process);
        if (isWeb)
            await WaitUntilReadyAsync(process, ct);
        return process;
    }

    /// <summary>What a play that was broken off leaves on a Temporal server that is not the service's own, in a line; null for nothing.</summary>
    public string? Remains =>
        _temporal is null ? null : $"On {_temporal} a workflow may be left: temporal workflow terminate --query 'TaskQueue=\"{Settings["Temporal__TaskQueue"]}\"'";

    /// <summary>Makes a key of the service's REST API and pages, as an operator does; the service may run.</summary>
    /// <param name="name">Who holds it.</param>
    /// <param name="role">What it allows.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The key.</returns>
    /// <exception cref="StoryException">It was refused.</exception>
    public async Task<string> CreateKeyAsync(string name, string role, CancellationToken ct)
    {
        var line = BotProcess.LineOf(Program, ["key", "create", name, "--role", role, "--data", ServiceDirectory], _serviceUser);
        using var process = Process.Start(new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var (key, words) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? (await key).Trim() : throw new StoryException($"codingagent key create: {(await words).Trim()}");
    }

    /// <summary>Leaves logs and data on disk at the end.</summary>
    /// <returns>Their folder.</returns>
    public string KeepFiles()
    {
        _keepFiles = true;
        return _root;
    }

    /// <summary>Kills the service, stops forge and model, and deletes the files unless they are kept.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        await Tap.DisposeAsync();
        if (_scripted is not null)
            await _scripted.DisposeAsync();
        await _forge.DisposeAsync();
        Human.Dispose();
        (Visitor as IDisposable)?.Dispose();
        // Who was killed in the middle of a check could not put its workspace away.
        foreach (var mount in File.ReadLines("/proc/self/mounts").Select(l => l.Split(' ')[1]).Where(m => m.StartsWith($"{_root}/", StringComparison.Ordinal)).Reverse().ToArray())
        {
            using var unmount = Process.Start("umount", ["--lazy", mount]);
            await unmount.WaitForExitAsync();
        }

        if (!_keepFiles)
            Directory.Delete(_root, recursive: true);
    }

    private async Task WaitUntilReadyAsync(BotProcess process, CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromMinutes(4));
        while (true)
        {
            if (process.HasExited)
                throw new StoryException($"The service ended at start-up. Its last words:\n{LastWords()}");
            try
            {
                using var response = await http.GetAsync(new Uri(ServiceUrl, "health/ready"), limit.Token);
                if (response.IsSuccessStatusCode)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException || (e is OperationCanceledException && !limit.IsCancellationRequested))
            {
                // Not there yet, or slower than one request may be.
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw new StoryException($"The service was not ready within 4 minutes. Its last words:\n{LastWords()}");
            }

            await Task.Delay(200, ct);
        }
    }

    // A home and a data folder; the rest of the stage stays closed.
    private void GiveTo(SandboxUser user)
    {
        const string Give = "chmod o+x \"$1\" && install -d --mode=0700 --owner=\"$3\" --group=\"$4\" \"$2\"";
        using var give = Process.Start("sh", ["-c", Give, "sh", _root, ServiceDirectory, $"{user.Uid}", $"{user.Gid}"]);
        give.WaitForExit();
        _environment["HOME"] = ServiceDirectory;
    }

    private string LastWords() => string.Join('\n', Directory.EnumerateFiles(LogDirectory).SelectMany(file =>
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n').TakeLast(10);
    }));

    private static string Secret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    // Below the range that outgoing connections are given ports from: a service that restarts must find its port free again.
    private static int FreePort()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another.
            }
        }
    }
}
