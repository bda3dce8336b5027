using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Egress.Settings;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Setup;

/// <summary>
/// Makes and keeps set-up layers: runs a repository's set-up once, in the sandbox with nothing but the named hosts open, and freezes what
/// it left in the workspace and in HOME. A cache of this machine: whatever is lost is made again.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="options">Where layers lie, how many, and the way out.</param>
/// <param name="time">Clock.</param>
public sealed class SetupLayers(TrustedGit git, SetupLayersOptions options, TimeProvider time)
{
    // What a layer's key begins with; another number voids the layers that an older build made otherwise.
    private const string Version = "4";
    private const string Used = "used";

    // What failed when a layer was made is told to every task that uses it.
    private const string Told = "told";
    private const string Making = ".making-";
    private const long LargestLock = 32L << 20;
    private const int MostRefused = 20;

    // No command runs longer; whoever was given a layer is done with it by then.
    private static readonly TimeSpan InUse = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _making = new(StringComparer.Ordinal);
    private readonly HostTools _tools = new(TimeSpan.FromMinutes(10), time);

    /// <summary>The layer of a tree: the one that is there, or a new one.</summary>
    public async Task<SetupOutcome> PrepareAsync(SetupRequest request, CancellationToken cancellationToken)
    {
        if (request.Steps.Count == 0) return SetupOutcome.Nothing;
        // Also of a layer that is there already: it may hold what only the credential opens.
        foreach (var name in request.Steps.SelectMany(s => s.Secrets ?? [])) StepCredentials.Find(name, request.Mirror.RepoKey, options.Secrets);
        (request, var exact) = await OwnerAsync(request, cancellationToken);
        var key = await KeyAsync(request, exact, cancellationToken);
        var making = _making.GetOrAdd(key, _ => new SemaphoreSlim(1));
        await making.WaitAsync(cancellationToken);
        try
        {
            if (Find(key) is { } layer) return SetupOutcome.Nothing with { Layer = layer, PassedOver = await File.ReadAllLinesAsync(Path.Combine(options.Root, key, Told), cancellationToken) };
            return await MakeAsync(request, key, exact, cancellationToken);
        }
        finally
        {
            making.Release();
        }
    }

    /// <summary>The layer of a tree if it is there; null when it would have to be made.</summary>
    public async Task<SetupLayer?> FindAsync(SetupRequest request, CancellationToken cancellationToken)
    {
        if (request.Steps.Count == 0) return null;
        (request, var exact) = await OwnerAsync(request, cancellationToken);
        return Find(await KeyAsync(request, exact, cancellationToken));
    }

    /// <summary>The request's inputs of set-up (manifests, lock files, settings) that differ from those of its base commit, in order.</summary>
    public async Task<IReadOnlyList<string>> ChangedInputsAsync(SetupRequest request, CancellationToken cancellationToken) =>
        request.Steps.Count == 0 || request.TreeId == await git.TreeOfAsync(request.Mirror, request.BaseSha, cancellationToken)
            ? []
            : [.. (await git.DiffAsync(request.Mirror, request.BaseSha, request.TreeId, cancellationToken)).Paths.Where(request.Reads).Order(StringComparer.Ordinal)];

    /// <summary>
    /// Whose layer a request gets. Trees of commits share one while their manifests are the same, and so does a change that leaves them
    /// alone: its layer is made from the base. A change of manifests has a layer of exactly its tree. What set-up runs may lie in any file,
    /// so a layer made from what an agent had at some moment must serve neither another moment's checks nor another task.
    /// </summary>
    private async Task<(SetupRequest Request, bool Exact)> OwnerAsync(SetupRequest request, CancellationToken cancellationToken) =>
        (await ChangedInputsAsync(request, cancellationToken)).Count > 0
            ? (request, true)
            : (request with { TreeId = await git.TreeOfAsync(request.Mirror, request.BaseSha, cancellationToken) }, false);

    private async Task<string> KeyAsync(SetupRequest request, bool exact, CancellationToken cancellationToken) =>
        KeyOf(request, exact, await git.ListTreeAsync(request.Mirror, request.TreeId, cancellationToken));

    private static string KeyOf(SetupRequest request, bool exact, IEnumerable<TreeEntry> tree)
    {
        var text = new StringBuilder(Version).Append(request.Platform).Append('\n');
        foreach (var step in request.Steps) text.Append(step.Run).Append('\0').Append(step.Fallback?.Run).Append('\0');
        // Who may not have them shares no layer with who does.
        foreach (var step in request.Steps.Where(s => s.Secrets is { Count: > 0 })) text.Append("secrets ").AppendJoin(' ', step.Secrets!.Select(n => n.ToUpperInvariant())).Append('\n');
        text.AppendJoin(' ', request.Hosts.Order(StringComparer.Ordinal)).Append('\n');
        if (exact) text.Append("exactly\n");
        // Manifests may lie in submodules, and what is built there is part of the layer. Of Git LFS files the manifests' ids say enough, but for what is there.
        foreach (var submodule in request.Outside.Submodules) text.Append(submodule.Path).Append(' ').Append(submodule.Mirror.RepoKey).Append(' ').Append(submodule.Commit).Append('\0');
        if (request.Outside.Lfs.Count > 0) text.Append("lfs\n");
        foreach (var file in request.Outside.Lfs.Where(f => exact || request.Reads(f.Path))) text.Append("lfs ").Append(file.Path).Append('\0');
        foreach (var entry in tree.Where(e => exact || request.Reads(e.Path)).OrderBy(e => e.Path, StringComparer.Ordinal))
            text.Append(entry.Mode).Append(' ').Append(entry.ObjectId).Append(' ').Append(entry.Path).Append('\0');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..32];
    }

    private SetupLayer? Find(string key)
    {
        var folder = Path.Combine(options.Root, key);
        if (!Directory.Exists(folder)) return null;
        // What is looked at now is in use: Prune leaves it alone for a day.
        File.SetLastWriteTimeUtc(Path.Combine(folder, Used), time.GetUtcNow().UtcDateTime);
        return new SetupLayer(key, Path.Combine(folder, "work"), Path.Combine(folder, "home"));
    }

    private async Task<SetupOutcome> MakeAsync(SetupRequest request, string key, bool exact, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.Root);
        await PruneAsync(cancellationToken);
        var making = Path.Combine(options.Root, $"{Making}{Guid.NewGuid():N}");
        var home = Path.Combine(making, "home");
        Directory.CreateDirectory(home);
        var view = await git.GitViewAsync(request.Mirror, request.BaseSha, null, cancellationToken);
        var workspace = await git.CreateWorkspaceAsync(
            request.Mirror, request.BaseSha, request.TreeId, $"setup-{Guid.NewGuid():N}", new WorkspaceLayers(null, view) { Outside = request.Outside }, cancellationToken);
        try
        {
            await using var proxy = request.Hosts.Count == 0 ? null : await EgressProxy.StartAsync(options.Egress with { Allowed = Rules(request.Hosts) }, time, cancellationToken);
            var settings = proxy is null ? null : options.Settings;
            foreach (var (name, text) in settings?.Files ?? new Dictionary<string, string>())
            {
                var path = Path.Combine(home, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await File.WriteAllTextAsync(path, text, cancellationToken);
            }

            await GiveAsync(home, cancellationToken);
            var (passedOver, refused) = (new List<string>(), new List<string>());
            foreach (var step in request.Steps)
            {
                var line = request.RefreshLocks && step.RefreshRun is { } refresh ? refresh : step.Run;
                var result = step.Secrets is { Count: > 0 } names ? await RunWithAsync(names, line) : await RunAsync(line, proxy);
                if (result.Succeeded) continue;
                if (step.Fallback is { } instead && (await RunAsync(instead.Run, proxy)).Succeeded)
                {
                    passedOver.Add($"Set-up of {step.Name} failed ({Words(result)}). {instead.Words}");
                    continue;
                }

                if (step.Required) return new SetupOutcome(null, new SetupFailure(step, line, result), [.. refused, .. Refused(proxy)], new Dictionary<string, byte[]>());
                passedOver.Add($"Set-up of {step.Name} failed ({Words(result)}); no check that was found needs it.");
            }

            var locks = request.RefreshLocks ? await RefreshedAsync(request, workspace, cancellationToken) : null;
            var frozen = await git.FreezeAsync(workspace, Path.Combine(making, "work"), cancellationToken);
            // Kept as lines.
            if (frozen.Remark is { } remark) passedOver.Add($"Set-up: {remark.ReplaceLineEndings(" ")}");
            await File.WriteAllBytesAsync(Path.Combine(making, Used), [], cancellationToken);
            await File.WriteAllLinesAsync(Path.Combine(making, Told), passedOver, cancellationToken);
            // Refreshed lock files are part of what the layer belongs to: the tree that holds them finds it.
            var layer = Keep(making, locks is null ? key : KeyOf(request, exact, locks.Tree));
            return new SetupOutcome(layer, null, [.. refused, .. Refused(proxy)], locks?.Content ?? new Dictionary<string, byte[]>()) { PassedOver = passedOver };

            async Task<SandboxResult> RunWithAsync(IReadOnlyList<string> names, string line)
            {
                if (proxy is null) throw new SetupSecretException("The policy names a secret for a step of set-up, and opens no host to it (sandbox.network).");
                var credentials = StepCredentials.Of(names, request.Mirror.RepoKey, options.Secrets);
                // A proxy of the step's own: nothing that another step left running speaks through it.
                await using var own = await EgressProxy.StartAsync(options.Egress with { Allowed = [.. Rules(request.Hosts), .. credentials.Hosts], Credentials = credentials }, time, cancellationToken);
                var result = await RunAsync(line, own);
                refused.AddRange(Refused(own));
                return result;
            }

            Task<SandboxResult> RunAsync(string line, EgressProxy? through) => request.Sandbox.RunAsync(
                SandboxCommand.Shell(line, workspace.MountedPath, request.Limits) with
                {
                    Enter = workspace.Enter,
                    OwnPath = workspace.OwnPath,
                    HomePath = home,
                    Egress = through?.Egress,
                    Environment = Variables(settings),
                },
                cancellationToken);
        }
        finally
        {
            await git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);
            await _tools.RemoveAsync([making], CancellationToken.None);
        }
    }

    /// <summary>Puts a finished layer in its place; one that another worker put there first is as good, and may be in use.</summary>
    private SetupLayer Keep(string making, string key)
    {
        try
        {
            if (Find(key) is { } there) return there;
            Directory.Move(making, Path.Combine(options.Root, key));
        }
        catch (IOException) when (Directory.Exists(Path.Combine(options.Root, key)))
        {
            // In the moment between.
        }

        return Find(key)!;
    }

    /// <summary>Lock files that differ from the tree's, as set-up left them, and the tree as it is with them.</summary>
    private async Task<RefreshedLocks> RefreshedAsync(SetupRequest request, Workspace workspace, CancellationToken cancellationToken)
    {
        var content = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var snapshot = (await git.SnapshotAsync(workspace, cancellationToken)).TreeId;
        var tree = (await git.ListTreeAsync(request.Mirror, request.TreeId, cancellationToken)).ToDictionary(e => e.Path, StringComparer.Ordinal);
        foreach (var entry in await git.ListTreeAsync(request.Mirror, snapshot, cancellationToken))
        {
            if (!request.IsLock(entry.Path) || tree.GetValueOrDefault(entry.Path)?.ObjectId == entry.ObjectId) continue;
            if (await git.ReadFileAsync(request.Mirror, snapshot, entry.Path, cancellationToken, LargestLock) is not { } bytes) continue;
            content[entry.Path] = bytes;
            tree[entry.Path] = entry;
        }

        return new RefreshedLocks(content, tree.Values);
    }

    /// <summary>Removes what a crash left half-made, and layers beyond the bound that nobody has used for a day, the oldest first.</summary>
    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        var folders = new DirectoryInfo(options.Root).GetDirectories();
        var now = time.GetUtcNow().UtcDateTime;
        var halfMade = folders.Where(f => f.Name.StartsWith(Making, StringComparison.Ordinal) && now - f.CreationTimeUtc > InUse);
        var old = folders.Where(f => !f.Name.StartsWith(Making, StringComparison.Ordinal))
            .Select(f => (f.FullName, Last: File.GetLastWriteTimeUtc(Path.Combine(f.FullName, Used))))
            .OrderByDescending(f => f.Last).Skip(options.MaxLayers).Where(f => now - f.Last > InUse);
        await _tools.RemoveAsync([.. halfMade.Select(f => f.FullName), .. old.Select(f => f.FullName)], cancellationToken);
    }

    private async Task GiveAsync(string home, CancellationToken cancellationToken)
    {
        if (options.User is { } user)
            await _tools.RunAsync("chown", ["-hR", string.Create(CultureInfo.InvariantCulture, $"{user.Uid}:{user.Gid}"), "--", home], cancellationToken);
    }

    private static Dictionary<string, string> Variables(HostPackageSettings? settings)
    {
        var variables = new Dictionary<string, string>(BuildEnvironment.Variables, StringComparer.Ordinal);
        foreach (var (name, value) in settings?.Environment ?? new Dictionary<string, string>()) variables[name] = value;
        return variables;
    }

    private IReadOnlyList<HostRule> Rules(IReadOnlyList<string> hosts) =>
        [.. options.Egress.Allowed, .. hosts.Concat(options.Settings.Hosts).Distinct(StringComparer.Ordinal).Select(HostRule.Parse)];

    private static IReadOnlyList<string> Refused(EgressProxy? proxy) => [.. (proxy?.Log.Refused ?? []).Take(MostRefused).Select(Words)];

    private static string Words(SandboxResult result) =>
        result.Outcome == SandboxOutcome.Exited ? string.Create(CultureInfo.InvariantCulture, $"exit code {result.ExitCode}") : result.Outcome == SandboxOutcome.TimedOut ? "out of time" : "out of memory";

    private static string Words(RefusedHost refused) =>
        string.Create(CultureInfo.InvariantCulture, $"the host {refused.Host}:{refused.Port} ({refused.Reason}{(refused.Count > 1 ? $", {refused.Count} times" : "")})");

    private sealed record RefreshedLocks(Dictionary<string, byte[]> Content, IReadOnlyCollection<TreeEntry> Tree);
}

/// <summary>Options of <see cref="SetupLayers"/>.</summary>
public sealed record SetupLayersOptions
{
    /// <summary>Folder for layers.</summary>
    public required string Root { get; init; }

    /// <summary>The way out of a set-up. Its hosts are the operator's registries; the request's come to them.</summary>
    public EgressOptions Egress { get; init; } = new();

    /// <summary>Package managers' settings of this host, without credentials.</summary>
    public HostPackageSettings Settings { get; init; } = new(new Dictionary<string, string>(), new Dictionary<string, string>(), [], []);

    /// <summary>Credentials that steps may name.</summary>
    public IReadOnlyList<SetupSecret> Secrets { get; init; } = [];

    /// <summary>Layers kept beyond those used within a day.</summary>
    public int MaxLayers { get; init; } = 20;

    /// <summary>Host user that sandboxed commands run as; null for this process's own.</summary>
    public SandboxUser? User { get; init; } = SandboxUser.ForThisProcess;
}
