using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Setup;

/// <summary>
/// Makes and keeps set-up layers: runs a repository's set-up once, in the sandbox with nothing but the named hosts open, and freezes what
/// it left in the workspace and in HOME. A cache of this machine: whatever is lost is made again.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="sandbox">Sandbox.</param>
/// <param name="egress">Makes the proxy of each set-up.</param>
/// <param name="options">Where layers lie, and how many.</param>
/// <param name="time">Clock.</param>
public sealed class SetupLayers(TrustedGit git, ISandbox sandbox, EgressProxies egress, SetupLayersOptions options, TimeProvider time)
{
    private const string Used = "used";

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _making = new(StringComparer.Ordinal);

    /// <summary>The layer of a tree: the one that is there, or a new one.</summary>
    public async Task<SetupOutcome> PrepareAsync(SetupRequest request, CancellationToken cancellationToken)
    {
        if (request.Steps.Count == 0) return SetupOutcome.Nothing;
        var key = await KeyAsync(request, cancellationToken);
        var making = _making.GetOrAdd(key, _ => new SemaphoreSlim(1));
        await making.WaitAsync(cancellationToken);
        try
        {
            if (Find(key) is { } layer) return SetupOutcome.Nothing with { Layer = layer };
            return await MakeAsync(request, key, cancellationToken);
        }
        finally
        {
            making.Release();
        }
    }

    /// <summary>The layer of a tree if it is there; null when it would have to be made.</summary>
    public async Task<SetupLayer?> FindAsync(SetupRequest request, CancellationToken cancellationToken) =>
        request.Steps.Count == 0 ? null : Find(await KeyAsync(request, cancellationToken));

    /// <summary>Digest of everything a request's layer is a function of; equal for trees that differ in sources only.</summary>
    public async Task<string> KeyAsync(SetupRequest request, CancellationToken cancellationToken)
    {
        var text = new StringBuilder("2\n").Append(options.Fingerprint).Append('\n');
        foreach (var step in request.Steps) text.Append(step.Run).Append('\0');
        text.AppendJoin(' ', request.Hosts.Order(StringComparer.Ordinal)).Append('\n');
        foreach (var entry in await git.ListTreeAsync(request.Mirror, request.TreeId, cancellationToken))
        {
            if (request.Reads(entry.Path)) text.Append(entry.Mode).Append(' ').Append(entry.ObjectId).Append(' ').Append(entry.Path).Append('\0');
        }

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

    private async Task<SetupOutcome> MakeAsync(SetupRequest request, string key, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.Root);
        await PruneAsync(cancellationToken);
        var making = Path.Combine(options.Root, $".making-{Guid.NewGuid():N}");
        var home = Path.Combine(making, "home");
        Directory.CreateDirectory(home);
        var view = await git.GitViewAsync(request.Mirror, request.BaseSha, null, cancellationToken);
        var workspace = await git.CreateWorkspaceAsync(
            request.Mirror, request.BaseSha, request.TreeId, $"setup-{key}", new WorkspaceLayers(null, view), cancellationToken);
        try
        {
            await using var proxy = await egress.StartAsync(request.Hosts, cancellationToken);
            await egress.Settings.WriteAsync(home, options.User, cancellationToken);
            foreach (var step in request.Steps)
            {
                var line = request.RefreshLocks && step.RefreshRun is { } refresh ? refresh : step.Run;
                var result = await sandbox.RunAsync(
                    SandboxCommand.Shell(line, workspace.MountedPath, request.Limits) with
                    {
                        Enter = workspace.Enter,
                        HomePath = home,
                        Egress = proxy?.Egress,
                        Environment = BuildEnvironment.Variables,
                    },
                    cancellationToken);
                if (!result.Succeeded) return new SetupOutcome(null, new SetupFailure(step, line, result), Refused(proxy), new Dictionary<string, byte[]>(), Reused: false);
            }

            var refreshed = request.RefreshLocks ? await RefreshedAsync(request, workspace, cancellationToken) : new Dictionary<string, byte[]>();
            await git.FreezeAsync(workspace, Path.Combine(making, "work"), cancellationToken);
            await File.WriteAllBytesAsync(Path.Combine(making, Used), [], cancellationToken);
            return new SetupOutcome(await KeepAsync(making, key, cancellationToken), null, Refused(proxy), refreshed, Reused: false);
        }
        finally
        {
            await git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);
            if (Directory.Exists(making)) await HostFiles.RemoveAsync(making, time, CancellationToken.None);
        }
    }
}
