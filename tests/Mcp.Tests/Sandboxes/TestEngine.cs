using System.Diagnostics;
using System.Formats.Tar;
using CodingAgent.Mcp.Images;
using CodingAgent.Mcp.Sandboxes;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>
/// The real Docker Engine of the tests: at CODING_AGENT_TEST_DOCKER (`./dev test` starts one), else the machine's own. Images cannot be
/// pulled everywhere, so one is made of this machine's programs.
/// </summary>
internal static class TestEngine
{
    public static readonly string Socket = Environment.GetEnvironmentVariable("CODING_AGENT_TEST_DOCKER") is { Length: > 0 } given ? given : "/var/run/docker.sock";

    // What an image may carry that a sandbox must see through: an entry point, a health check, a volume, variables and a setuid program.
    private static readonly string[] Changes =
    [
        "ENTRYPOINT [\"/bin/echo\", \"the entry point ran\"]", "CMD [\"/bin/false\"]", "VOLUME /data", "ENV PATH=/opt/tools/bin:/usr/local/bin:/usr/bin:/bin",
        "ENV IMAGE_VARIABLE=kept", "ENV HOME=/root", "USER root", "WORKDIR /opt",
    ];

    private static readonly string[] Programs =
    [
        "bash", "sh", "cat", "ls", "id", "echo", "sleep", "head", "tail", "tr", "cut", "grep", "awk", "sed", "env", "rm", "mkdir", "chmod", "chown", "cp", "ln", "touch",
        "date", "wc", "sort", "find", "true", "false", "unshare", "mount", "kill", "setsid", "stat", "tee", "seq", "uname", "mknod", "readlink", "hostname", "getent", "mkfifo",
    ];

    private static readonly Lazy<(string? Problem, DockerClient Client)> State = new(Prepare);

    /// <summary>Name of the image that <see cref="Programs"/> are in.</summary>
    public static ImageReference Image { get; } = ImageReference.TryParse("codingagent-tests/programs:2")!;

    /// <summary>Why there is no Engine; null when there is one.</summary>
    public static string? Problem => State.Value.Problem;

    public static DockerClient Client => State.Value.Client;

    /// <summary>One for all tests, as a service has one for all tasks.</summary>
    public static DockerEngine Engine { get; } = NewEngine();

    public static DockerEngine NewEngine(Func<DockerOptions, DockerOptions>? with = null)
    {
        var options = new DockerOptions { SocketPath = Socket, TemporaryBytes = 512L << 20 };
        return new DockerEngine(with?.Invoke(options) ?? options, TimeProvider.System);
    }

    /// <summary>Imports an image that holds files, at paths from the root; directories end with a slash, links have a target.</summary>
    public static async Task ImportAsync(string name, IEnumerable<TarEntry> entries, params string[] changes)
    {
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var entry in entries) await writer.WriteEntryAsync(entry);
        }

        tar.Position = 0;
        var colon = name.LastIndexOf(':');
        await Client.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = name[..colon], Tag = name[(colon + 1)..], Changes = [.. changes] }, tar, new AuthConfig(), new Progress<JSONMessage>());
    }

    /// <summary>The programs, with the libraries they need, as entries of an archive.</summary>
    public static IEnumerable<TarEntry> ProgramEntries()
    {
        foreach (var folder in new[] { "usr/", "usr/bin/", "usr/lib/", "usr/lib64/", "etc/", "tmp/", "opt/", "opt/tools/", "opt/tools/bin/", "data/", "proc/", "dev/", "sys/" })
            yield return new PaxTarEntry(TarEntryType.Directory, folder) { Mode = (UnixFileMode)0x1ed };
        foreach (var link in new[] { "bin", "lib", "lib64" }) yield return new PaxTarEntry(TarEntryType.SymbolicLink, link) { LinkName = $"usr/{link}" };
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Programs.Select(Find).OfType<string>())
        {
            sources[$"usr/bin/{Path.GetFileName(path)}"] = path;
            foreach (var library in Libraries(path)) sources[library.StartsWith("/lib", StringComparison.Ordinal) ? $"usr{library}" : library[1..]] = library;
        }

        foreach (var (name, source) in sources) yield return Entry(name, File.ReadAllBytes(source), (UnixFileMode)0x1ed);
        yield return Entry("usr/bin/setuid-id", File.ReadAllBytes("/usr/bin/id"), (UnixFileMode)0x1ed | UnixFileMode.SetUser);
        yield return Entry("opt/tools/bin/image-tool", "#!/bin/sh\necho from the image\n"u8.ToArray(), (UnixFileMode)0x1ed);
        yield return Entry("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nbuild:x:1234:1234::/build:/bin/sh\n"u8.ToArray(), (UnixFileMode)0x1a4);
        yield return Entry("etc/group", "root:x:0:\nbuild:x:1234:agent\n"u8.ToArray(), (UnixFileMode)0x1a4);
    }

    public static PaxTarEntry Entry(string name, byte[] content, UnixFileMode mode) =>
        new(TarEntryType.RegularFile, name) { Mode = mode, DataStream = new MemoryStream(content) };

    private static string? Find(string program) => new[] { "/usr/bin", "/bin", "/usr/sbin" }.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);

    private static IEnumerable<string> Libraries(string program)
    {
        using var ldd = Process.Start(new ProcessStartInfo("ldd", [program]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = ldd.StandardOutput.ReadToEnd();
        ldd.WaitForExit();
        return text.Split('\n').SelectMany(line => line.Split(' ', '\t')).Where(word => word.StartsWith('/') && File.Exists(word));
    }

    private static (string?, DockerClient) Prepare()
    {
        var client = new DockerClientBuilder().WithEndpoint(new Uri($"unix://{Socket}")).Build();
        if (Engine.InspectAsync().GetAwaiter().GetResult().Problem is { } problem) return ($"No Docker Engine for tests: {problem}", client);
        try
        {
            client.Images.InspectImageAsync(Image.Request).GetAwaiter().GetResult();
        }
        catch (DockerImageNotFoundException)
        {
            // Made below. The state is not there yet, so not by ImportAsync.
            using var tar = new MemoryStream();
            using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
            {
                foreach (var entry in ProgramEntries()) writer.WriteEntry(entry);
            }

            tar.Position = 0;
            var parameters = new ImagesCreateParameters { FromSrc = "-", Repo = Image.Name, Tag = Image.Tag, Changes = Changes };
            client.Images.CreateImageAsync(parameters, tar, new AuthConfig(), new Progress<JSONMessage>()).GetAwaiter().GetResult();
        }

        return (null, client);
    }
}
