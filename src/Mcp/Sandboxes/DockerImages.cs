using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Net;
using System.Text;
using CodingAgent.Mcp.Images;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Finds images, fetches those that may be fetched, and looks into them without running anything of theirs.</summary>
internal sealed class DockerImages(DockerEngine engine)
{
    private const int LargestFile = 32 << 20;
    private const int LargestText = 1 << 20;
    private const int MostLinks = 8;

    private readonly Lazy<string> _shells = new(MakeFolder);
    private readonly ConcurrentDictionary<string, Lazy<Task<DockerImage>>> _known = new(StringComparer.Ordinal);

    /// <summary>The image a reference means now.</summary>
    /// <exception cref="UnusableImageException">It is absent and may not be fetched, or is no image that can be run here.</exception>
    public async Task<DockerImage> FindAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        var found = await InspectAsync(reference, cancellationToken);
        if (found is null)
        {
            await PullAsync(reference, cancellationToken);
            found = await InspectAsync(reference, cancellationToken) ?? throw new UnusableImageException($"The image {reference} is not there although it was pulled.");
        }

        // The Engine would make such a folder in the workspace, as root, for each command.
        if (found.Config?.Volumes?.Keys.FirstOrDefault(v => Path.GetFullPath("/" + v).StartsWith(DockerContainer.Workspace + "/", StringComparison.Ordinal)) is { } inside)
            throw new UnusableImageException($"The image {reference} declares a volume at {DockerWords.OneLine(inside)}, where the workspace is; build it without that.");
        if (found.Os is not (null or "" or "linux")) throw new UnusableImageException($"The image {reference} is for {found.Os}; a Linux image is needed.");
        var known = _known.GetOrAdd(found.ID, _ => new Lazy<Task<DockerImage>>(() => LookIntoAsync(reference, found)));
        try
        {
            return await known.Value.WaitAsync(cancellationToken);
        }
        catch (SandboxUnavailableException)
        {
            // The next command looks again: what kept the Engine may be mended by then.
            _known.TryRemove(new(found.ID, known));
            throw;
        }
    }

    /// <summary>True when the Engine has the image.</summary>
    public async Task<bool> HasAsync(ImageReference reference, CancellationToken cancellationToken) => await InspectAsync(reference, cancellationToken) is not null;

    private Task<ImageInspectResponse?> InspectAsync(ImageReference reference, CancellationToken cancellationToken) => engine.AskAsync<ImageInspectResponse?>(
        $"look at the image {reference}",
        async (c, ct) =>
        {
            try
            {
                return await c.Images.InspectImageAsync(reference.Request, ct);
            }
            catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }
        },
        engine.Options.Patience,
        cancellationToken);

    private async Task PullAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        var why = engine.Options.Pull switch
        {
            ImagePull.Any => null,
            ImagePull.Pinned when reference.IsPinned => null,
            ImagePull.Pinned => "only images named by a digest (name@sha256:…) may be pulled here (Sandbox:PullImages)",
            _ => $"pulling is off here: load it on the machine (docker pull {reference}), or have the operator set Sandbox:PullImages",
        };
        if (why is not null) throw new UnusableImageException($"The image {reference} is not on this machine, and {why}.");
        string? failure = null;
        var progress = new Immediate(m => failure = m.Error?.Message ?? failure);
        await engine.AskAsync(
            $"pull the image {reference}",
            async (c, ct) =>
            {
                var ask = new ImagesCreateParameters { FromImage = reference.Name, Tag = reference.Digest ?? reference.Tag ?? "latest" };
                await c.Images.CreateImageAsync(ask, new AuthConfig(), progress, ct);
                return true;
            },
            engine.Options.ImagePatience,
            cancellationToken);
        if (failure is not null) throw new SandboxUnavailableException($"The Docker Engine could not pull the image {reference}: {DockerWords.OneLine(failure)}");
    }

    // A container that is made and never started shows its files: what the image says about its users and shells is read, not run.
    private async Task<DockerImage> LookIntoAsync(ImageReference reference, ImageInspectResponse found)
    {
        var name = $"codingagent-look-{Guid.NewGuid():N}";
        try
        {
            var probe = new CreateContainerParameters
            {
                Name = name,
                Image = found.ID,
                // An image may lack a command of its own; the Engine wants one to be named, and it never runs.
                Entrypoint = ["/"],
                Labels = DockerOwner.Labels(TimeSpan.FromMinutes(10), engine.Time),
                HostConfig = new HostConfig { NetworkMode = "none" },
            };
            await engine.AskAsync($"look into the image {reference}", (c, ct) => c.Containers.CreateContainerAsync(probe, ct), engine.Options.Patience, CancellationToken.None);
            var bash = await ShellAsync(name, "/bin/bash");
            return new DockerImage(
                reference, found.ID, bash ?? await ShellAsync(name, "/bin/sh"), bash is not null,
                await TextAsync(name, "/etc/passwd"), await TextAsync(name, "/etc/group"),
                [.. found.Config?.Volumes?.Keys ?? []]);
        }
        finally
        {
            await engine.RemoveAsync(name);
        }
    }

    private async Task<string> TextAsync(string container, string path) => await ReadAsync(container, path, async (entry, ct) =>
    {
        if (entry.DataStream is not { } data || entry.Length > LargestText) return "";
        using var text = new StreamReader(data, Encoding.UTF8);
        return await text.ReadToEndAsync(ct);
    }) ?? "";

    /// <summary>Keeps a copy of a program that commands may run and not read (<see cref="GuardedShell"/>); null when it is not there.</summary>
    private async Task<string?> ShellAsync(string container, string path)
    {
        for (var links = 0; links < MostLinks; links++)
        {
            string? target = null;
            var copy = await ReadAsync(container, path, async (entry, ct) =>
            {
                target = entry.EntryType == TarEntryType.SymbolicLink ? Path.GetFullPath(entry.LinkName, Path.GetDirectoryName(path)!) : null;
                if (entry.DataStream is not { } data) return null;
                var file = Path.Combine(_shells.Value, Guid.NewGuid().ToString("N"));
                await using (var stream = File.Create(file)) await data.CopyToAsync(stream, ct);
                if (OperatingSystem.IsLinux()) File.SetUnixFileMode(file, UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
                return file;
            });
            if (target is null) return copy;
            path = target;
        }

        return null;
    }

    // Null when the path is not there. Links are followed by the Engine up to the last part, and not beyond it.
    private Task<string?> ReadAsync(string container, string path, Func<TarEntry, CancellationToken, Task<string?>> read) => engine.AskAsync<string?>(
        "read a file of an image",
        async (c, ct) =>
        {
            try
            {
                var answer = await c.Containers.GetArchiveFromContainerAsync(container, new ContainerPathStatParameters { Path = path }, false, ct);
                await using var stream = answer.Stream ?? Stream.Null;
                // The client's stream ends too early for a reader that asks for many small pieces; and what an image holds has no bound of its own.
                using var whole = new MemoryStream();
                var chunk = new byte[64 * 1024];
                for (int count; (count = await stream.ReadAsync(chunk, ct)) > 0; whole.Write(chunk, 0, count))
                    if (whole.Length > LargestFile) return null;
                whole.Position = 0;
                await using var tar = new TarReader(whole);
                return await tar.GetNextEntryAsync(cancellationToken: ct) is { } entry ? await read(entry, ct) : null;
            }
            catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }
            catch (InvalidDataException)
            {
                return null;
            }
        },
        engine.Options.Patience,
        CancellationToken.None);

    private static string MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-shells-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }

    /// <summary>Progress in the order it comes; <see cref="Progress{T}"/> would hand it to the pool, after the call has ended.</summary>
    private sealed class Immediate(Action<JSONMessage> take) : IProgress<JSONMessage>
    {
        public void Report(JSONMessage value) => take(value);
    }
}

/// <summary>An image on this machine, and what a sandbox has to know of it.</summary>
/// <param name="Reference">As it was asked for.</param>
/// <param name="Id">What it is; a tag may come to mean another.</param>
/// <param name="Shell">Host path of a copy of its shell; null when it has none.</param>
/// <param name="HasBash">Whether that is bash.</param>
/// <param name="Passwd">Its accounts; empty when it has none.</param>
/// <param name="Group">Its groups; empty when it has none.</param>
/// <param name="Volumes">Folders that it declares as volumes.</param>
internal sealed record DockerImage(
    ImageReference Reference, string Id, string? Shell, bool HasBash, string Passwd, string Group, IReadOnlyList<string> Volumes);
