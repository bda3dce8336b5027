using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodingAgent.Mcp.Images;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// The image that a repository's <c>devcontainer.json</c> asks for: found, fetched or built. A build sees one tree of the repository and the
/// network that the operator named, nothing else, and is kept by its content, so that it happens once.
/// </summary>
public sealed class DockerImageBuilder(DockerEngine engine)
{
    private const long LargestContext = 500L << 20;
    private const int MostFiles = 50_000;
    private const string Repository = "codingagent/devcontainer";
    // For one that lies outside its context.
    private const string DockerfileName = ".codingagent.dockerfile";

    private readonly ConcurrentDictionary<string, Lazy<Task>> _running = new(StringComparer.Ordinal);

    /// <summary>The image of a repository's dev container, on this machine when this returns.</summary>
    /// <param name="container">What the file says.</param>
    /// <param name="folder">A checkout of the tree that it was read from; nothing untrusted writes there.</param>
    /// <param name="treeId">The tree's id: what the checkout holds.</param>
    /// <param name="limits">Memory, processors and time of a build.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="UnusableImageException">It is absent and may be neither fetched nor built, or its build failed; the message says why.</exception>
    public async Task<ImageReference> ImageAsync(DevContainer container, string folder, string treeId, SandboxLimits limits, CancellationToken cancellationToken)
    {
        await engine.RequireAsync(cancellationToken);
        if (container.Image is { } image)
        {
            await engine.Images.FindAsync(image, cancellationToken);
            return image;
        }

        var build = container.Build!;
        var tag = KeyOf(build, treeId);
        var reference = ImageReference.TryParse($"{Repository}:{tag}")!;
        if (await engine.Images.HasAsync(reference, cancellationToken)) return reference;
        if (engine.Options.BuildNetwork is null)
            throw new UnusableImageException("The dev container has a Dockerfile, and building images is off here: name an image, or have the operator set Sandbox:BuildNetwork.");
        // Of several tasks that want the same image one builds; those that wait may stop waiting.
        var running = _running.GetOrAdd(tag, _ => new Lazy<Task>(() => BuildAsync(build, reference, folder, limits)));
        try
        {
            await running.Value.WaitAsync(cancellationToken);
        }
        finally
        {
            if (running.Value.IsCompleted) _running.TryRemove(new(tag, running));
        }

        return reference;
    }

    private async Task BuildAsync(DevContainerBuild build, ImageReference reference, string folder, SandboxLimits limits)
    {
        var dockerfile = Read(folder, build.Dockerfile);
        try
        {
            // Each of them is found, or fetched where that is allowed: the Engine's builder would fetch without asking.
            foreach (var image in DockerfileImages.Of(dockerfile, build.Arguments)) await engine.Images.FindAsync(image, CancellationToken.None);
        }
        catch (FormatException e)
        {
            throw new UnusableImageException($"{build.Dockerfile} cannot be built: {e.Message}", e);
        }

        var path = Path.GetTempFileName();
        try
        {
            await using var archive = new FileStream(path, FileMode.Create, FileAccess.ReadWrite);
            var within = build.Context.Length == 0 ? build.Dockerfile
                : build.Dockerfile.StartsWith(build.Context + "/", StringComparison.Ordinal) ? build.Dockerfile[(build.Context.Length + 1)..]
                : null;
            await PackAsync(archive, Inside(folder, build.Context), within is null ? dockerfile : null);
            archive.Position = 0;
            var told = new BuildLog();
            var parameters = new ImageBuildParameters
            {
                Tags = [reference.ToString()],
                Dockerfile = within ?? DockerfileName,
                BuildArgs = new Dictionary<string, string>(build.Arguments),
                Target = build.Target ?? "",
                NetworkMode = engine.Options.BuildNetwork,
                Memory = limits.MemoryBytes,
                MemorySwap = limits.MemoryBytes,
                CPUPeriod = 100_000,
                CPUQuota = (long)(Math.Clamp(limits.Cpus, 0.01, engine.Processors) * 100_000),
                Remove = true,
                ForceRemove = true,
                Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [Repository] = "1" },
            };
            await engine.AskAsync(
                "build the dev container's image",
                async (c, ct) =>
                {
                    await c.Images.BuildImageFromDockerfileAsync(parameters, archive, [], new Dictionary<string, string>(), told, ct);
                    return true;
                },
                engine.Options.ImagePatience,
                CancellationToken.None);
            if (told.Failure is { } failure) throw new UnusableImageException($"{build.Dockerfile} could not be built: {DockerWords.OneLine(failure)}. Last output: {DockerWords.OneLine(told.Tail)}");
        }
        catch (SandboxUnavailableException e) when (e.InnerException is DockerApiException { StatusCode: HttpStatusCode.BadRequest })
        {
            // The Engine reads the file before it builds, and says so as a status.
            throw new UnusableImageException($"{build.Dockerfile} cannot be built: {e.Message}", e);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // What the image is made of: the whole tree, because a context cannot be told apart from outside, and how it is built.
    private static string KeyOf(DevContainerBuild build, string treeId)
    {
        var parts = new[] { treeId, build.Dockerfile, build.Context, build.Target ?? "" }.Concat(build.Arguments.OrderBy(a => a.Key, StringComparer.Ordinal).SelectMany(a => new[] { a.Key, a.Value }));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(parts))))[..40];
    }

    private static string Read(string folder, string path)
    {
        var file = new FileInfo(Path.Combine(Inside(folder, Path.GetDirectoryName(path) ?? ""), Path.GetFileName(path)));
        if (!file.Exists || file.LinkTarget is not null || file.Length > 1 << 20) throw new UnusableImageException($"The dev container's Dockerfile '{path}' is no file of the repository, or larger than 1 MB.");
        return File.ReadAllText(file.FullName);
    }

    // A folder of the checkout, reached without following a link.
    private static string Inside(string folder, string relative)
    {
        foreach (var part in relative.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            folder = Path.Combine(folder, part);
            if (new DirectoryInfo(folder) is not { Exists: true, LinkTarget: null }) throw new UnusableImageException($"The dev container's folder '{relative}' is no folder of the repository.");
        }

        return folder;
    }

    private static async Task PackAsync(Stream archive, string context, string? dockerfile)
    {
        await using var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true);
        if (dockerfile is not null) await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, DockerfileName) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(dockerfile)) });
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, ReturnSpecialDirectories = false };
        var count = 0;
        var git = Path.Combine(context, ".git");
        // Links are entries of their own here, and the enumeration does not go through them.
        foreach (var entry in new DirectoryInfo(context).EnumerateFileSystemInfos("*", all).OrderBy(e => e.FullName, StringComparer.Ordinal))
        {
            if (entry.FullName == git || entry.FullName.StartsWith(git + "/", StringComparison.Ordinal)) continue;
            if (++count > MostFiles || archive.Length > LargestContext)
                throw new UnusableImageException($"The dev container's build context is larger than {MostFiles} files or {LargestContext >> 20} MB: name a smaller folder (build.context).");
            await writer.WriteEntryAsync(entry.FullName, Path.GetRelativePath(context, entry.FullName));
        }
    }

    /// <summary>What a build says: its end, and the Engine's verdict, which comes in the stream and not as a status.</summary>
    private sealed class BuildLog : IProgress<JSONMessage>
    {
        private const int Kept = 300;

        public string? Failure { get; private set; }

        public string Tail { get; private set; } = "";

        public void Report(JSONMessage value)
        {
            Failure = value.Error?.Message ?? Failure;
            Tail = (Tail + value.Stream) is var text && text.Length > Kept ? text[^Kept..] : Tail + value.Stream;
        }
    }
}
