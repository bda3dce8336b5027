using System.Globalization;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Processes;
using Docker.DotNet.Models;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>One command's files beside its workspace: the few in /etc, and the layers of its HOME. Gone with the command.</summary>
internal sealed class DockerFiles(DockerEngine engine, DockerImage image, SandboxUser user, SandboxCommand command) : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("coding-agent-container-").FullName;

    /// <summary>Whom the command runs as, in the container.</summary>
    public SandboxUser User => user;

    /// <summary>Host paths of the files shown in /etc, by name.</summary>
    public Dictionary<string, string> Etc { get; } = new(StringComparer.Ordinal);

    /// <summary>Host paths of the certificate authorities, by their path in the container; none for a command without a network.</summary>
    public Dictionary<string, string> Certificates { get; } = new(StringComparer.Ordinal);

    /// <summary>What is mounted at HOME; null for an empty private one.</summary>
    public Mount? Home { get; private set; }

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var (uid, gid) = (Number(user.Uid), Number(user.Gid));
        // Many programs fail for a user without a name. The image's other accounts stay: its files belong to them.
        Add("passwd", Without(image.Passwd, uid, 2) + $"agent:x:{uid}:{gid}:agent:{DockerContainer.Home}:/bin/sh\n");
        Add("group", Without(image.Group, gid, 2) + $"agent:x:{gid}:\n");
        Add("hosts", "127.0.0.1 localhost sandbox\n::1 localhost sandbox\n");
        // The Engine would put the host's name servers and search domains here.
        Add("resolv.conf", "");
        if (command.Egress?.CertificateBundle is { } bundle)
        {
            var trustStore = Path.Combine(_folder, "trust.p12");
            JavaTrustStore.Write(bundle, trustStore);
            Certificates[EgressVariables.JavaTrustStore] = trustStore;
            foreach (var at in EgressVariables.BundlePaths) Certificates[at] = bundle;
        }

        if (command.HomePath is { } path) Home = new Mount { Type = "bind", Source = path, Target = DockerContainer.Home };
        else if (command.HomeLayer is { } layer) await ShowLayerAsync(layer, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        // A program removes what a command made: names that are no text, and folders closed to their owner, are nothing special to it.
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin" };
        var remove = new ChildCommand("/bin/sh", ["-c", "chmod -R u+rwX -- \"$1\" 2>/dev/null; rm -rf -- \"$1\"", "remove", _folder], environment, TimeSpan.FromMinutes(5));
        if (Home?.Type == "volume" || Directory.Exists(Path.Combine(_folder, "home")))
            await ChildProcess.RunAsync(remove, new HeadTailBuffer(1000), new HeadTailBuffer(1000), engine.Time, CancellationToken.None);
        else Directory.Delete(_folder, recursive: true);
    }

    // The Engine mounts the overlay: it is root where this service need not be, and unmounts it whatever becomes of the command.
    private async Task ShowLayerAsync(string layer, CancellationToken cancellationToken)
    {
        var (upper, work) = (Path.Combine(_folder, "upper"), Path.Combine(_folder, "work"));
        if (engine.CanMountOverlay && new[] { layer, upper, work }.All(IsPlain))
        {
            Directory.CreateDirectory(work);
            Give(Directory.CreateDirectory(upper).FullName);
            Home = new Mount
            {
                Type = "volume",
                Target = DockerContainer.Home,
                VolumeOptions = new VolumeOptions
                {
                    NoCopy = true,
                    DriverConfig = new Driver
                    {
                        Name = "local",
                        Options = new Dictionary<string, string>(StringComparer.Ordinal)
                        {
                            ["type"] = "overlay",
                            ["device"] = "overlay",
                            ["o"] = $"lowerdir={layer},upperdir={upper},workdir={work}" + (engine.IsRootless ? ",userxattr" : ""),
                        },
                    },
                },
            };
            return;
        }

        var copy = Path.Combine(_folder, "home");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin" };
        var error = new HeadTailBuffer(1000);
        var exit = await ChildProcess.RunAsync(
            new ChildCommand("cp", ["-a", "--", layer, copy], environment, TimeSpan.FromMinutes(10)), new HeadTailBuffer(1000), error, engine.Time, cancellationToken);
        if (exit.ExitCode != 0) throw new SandboxUnavailableException($"HOME's layer could not be copied: {DockerWords.OneLine(error.ToText())}");
        Give(copy);
        Home = new Mount { Type = "bind", Source = copy, Target = DockerContainer.Home };
    }

    // Commas and colons divide an overlay's options, and there is no way of writing them that all kernels read.
    private static bool IsPlain(string path) => path.AsSpan().IndexOfAny(",:\\\n") < 0;

    private void Give(string folder)
    {
        if (!engine.IsRootless) _ = Libc.ChangeOwnerAt(Libc.CurrentDirectory, folder, (uint)user.Uid, (uint)user.Gid, Libc.SymlinkNoFollow);
    }

    private void Add(string name, string content)
    {
        var path = Etc[name] = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        // Whatever this service's umask is: everybody in the container reads these.
        PrivateFiles.Show(path);
    }

    // The lines of an account file but for those of one number, or of our own name.
    private static string Without(string text, string number, int field) => string.Concat(
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Split(':') is var parts && parts.Length > field && parts[field] != number && parts[0] != "agent" && !line.Contains('\0', StringComparison.Ordinal))
            .Select(line => line + "\n"));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
