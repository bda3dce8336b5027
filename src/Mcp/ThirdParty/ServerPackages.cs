using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>Installs servers of others: in the sandbox, with the registry alone in reach, and without any script of theirs.</summary>
/// <param name="root">Folder for installed servers.</param>
/// <param name="sandbox">Where the package manager runs.</param>
/// <param name="egress">The way out; its hosts are the operator's registries.</param>
/// <param name="settings">Which registries are asked.</param>
/// <param name="time">Clock.</param>
public sealed class ServerPackages(string root, ISandbox sandbox, EgressOptions egress, RegistrySettings settings, TimeProvider time) : IDisposable
{
    private const int MostFiles = 100_000;
    private static readonly SandboxLimits Limits = SandboxLimits.Default with { Timeout = TimeSpan.FromMinutes(10) };

    private readonly SemaphoreSlim _installing = new(1);

    /// <summary>The folder of an installed server, after installing it where it is not there.</summary>
    /// <param name="server">The server.</param>
    /// <param name="approved">What was approved, whose dependencies are taken; null before that.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ThirdPartyException">It cannot be installed, or is not what was set.</exception>
    public async Task<string> InstallAsync(ThirdPartyServer server, ApprovedServer? approved, CancellationToken cancellationToken)
    {
        var folder = FolderOf(server, approved);
        await _installing.WaitAsync(cancellationToken);
        try
        {
            if (!Directory.Exists(folder)) await MakeAsync(server, approved, folder, cancellationToken);
        }
        finally
        {
            _installing.Release();
        }

        // Looked at each time: what lies there may have been changed since.
        var told = PackageInstaller.Of(server.Package.Source).DigestOf(folder, server.Package);
        return told == server.Digest ? folder : throw new ThirdPartyException($"{server.Package} has the digest {told ?? "of nothing"}, not {server.Digest} (Mcp:Servers:{server.Name}:Digest)");
    }

    /// <summary>A digest over all files of a folder: paths, kinds, whether they can be run, and contents.</summary>
    /// <exception cref="ThirdPartyException">There are too many.</exception>
    public static async Task<string> TreeOfAsync(string folder, CancellationToken cancellationToken)
    {
        using var tree = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // A link to a folder is told as a link, not walked.
        var entries = new DirectoryInfo(folder).EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
            .Where(e => e.LinkTarget is not null || e is FileInfo).Select(e => (Entry: e, Path: Path.GetRelativePath(folder, e.FullName))).OrderBy(e => e.Path, StringComparer.Ordinal).Take(MostFiles + 1).ToList();
        if (entries.Count > MostFiles) throw new ThirdPartyException($"it has more than {MostFiles} files");
        foreach (var (entry, path) in entries)
        {
            var kind = entry.LinkTarget is { } target ? $"link {target}" : (entry.UnixFileMode & UnixFileMode.UserExecute) != UnixFileMode.None ? "program" : "file";
            var content = "";
            if (entry.LinkTarget is null)
            {
                await using var stream = File.OpenRead(entry.FullName);
                content = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
            }

            tree.AppendData(Encoding.UTF8.GetBytes($"{path}\0{kind}\0{content}\0"));
        }

        return "sha256-" + Convert.ToHexStringLower(tree.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose() => _installing.Dispose();

    /// <summary>Where a server is, or would be, installed.</summary>
    internal string FolderOf(ThirdPartyServer server, ApprovedServer? approved)
    {
        var what = $"{server.Package}\n{server.Digest}\n{approved?.Dependencies.ToJsonString() ?? ""}";
        return Path.Combine(root, $"{server.Name}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(what)))[..16]}");
    }

    private async Task MakeAsync(ThirdPartyServer server, ApprovedServer? approved, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(root);
        var making = Path.Combine(root, $".making-{Guid.NewGuid():N}");
        var (work, home) = (Path.Combine(making, "work"), Path.Combine(making, "home"));
        Directory.CreateDirectory(work);
        Directory.CreateDirectory(home);
        // Under whatever umask: a sandbox that root sets up enters them with no more rights than anybody.
        PrivateFiles.Show(work);
        PrivateFiles.Show(home);
        var tools = new HostTools(TimeSpan.FromMinutes(5), time);
        try
        {
            foreach (var (name, text) in settings.Files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(home, name))!);
                await File.WriteAllTextAsync(Path.Combine(home, name), text, cancellationToken);
            }

            var installer = PackageInstaller.Of(server.Package.Source);
            var hosts = settings.HostsOf(installer.Registries).Select(HostRule.Parse);
            await using var proxy = await EgressProxy.StartAsync(egress with { Allowed = [.. egress.Allowed, .. hosts] }, time, cancellationToken);
            foreach (var line in installer.Steps(work, server.Package, approved?.Dependencies))
            {
                // Also what was written for this step.
                if (SandboxUser.ForThisProcess is { } user)
                    await tools.RunAsync("chown", ["-hR", string.Create(CultureInfo.InvariantCulture, $"{user.Uid}:{user.Gid}"), "--", making], cancellationToken);
                var result = await sandbox.RunAsync(SandboxCommand.Shell(line, work, Limits) with { HomePath = home, Egress = proxy.Egress, Environment = settings.Environment }, cancellationToken);
                if (result.Succeeded)
                    continue;
                var refused = proxy.Log.Refused.Count > 0 ? $" The registry's proxy refused {string.Join(", ", proxy.Log.Refused.Take(3).Select(r => $"{r.Host} ({r.Reason})"))}." : "";
                // dotnet says what is wrong on its standard output.
                var said = result.StandardError.Trim().Length > 0 ? result.StandardError : result.StandardOutput;
                throw new ThirdPartyException($"{server.Package} cannot be installed: {Texts.TextCut.Tail(Texts.Invisible.Shown(said).ReplaceLineEndings(" ").Trim(), 300)}{refused}");
            }

            if (SandboxUser.ForThisProcess is not null) await tools.RunAsync("chown", ["-hR", "0:0", "--", work], cancellationToken);
            // The sandbox's user reads and runs it, and nobody changes it.
            await tools.RunAsync("chmod", ["-R", "u=rwX,go=rX", "--", work], cancellationToken);
            Directory.Move(work, folder);
        }
        catch (GitFailedException e)
        {
            throw new ThirdPartyException($"{server.Package} cannot be put in place: {e.Message}", e);
        }
        finally
        {
            await tools.RemoveAsync([making], CancellationToken.None);
        }
    }
}
