using System.Text;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Images;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// The sandbox in a container image: one container per command on the local Docker Engine, with a read-only root, no network, no capability,
/// the Engine's system call filter, the workspace's owner as user, and enforced limits. What the image holds is all the command sees of
/// programs; nothing of the image runs that the command did not ask for.
/// </summary>
public sealed class DockerSandbox : ISandbox
{
    private const int KilledExitCode = 137;

    // The Engine hears of a memory kill on another path than of the exit that follows it.
    private const int LooksForMemoryKill = 10;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    private readonly DockerEngine _engine;
    private readonly ImageReference _reference;
    private readonly Lock _gate = new();
    private Task<DockerImage>? _image;

    /// <summary>A sandbox over one image. What its tag means is looked up once, so that all commands of one sandbox see the same image.</summary>
    public DockerSandbox(DockerEngine engine, ImageReference image)
    {
        _engine = engine;
        _reference = image;
    }

    /// <summary>The image's id, a digest of its content: what the reference means for this sandbox.</summary>
    /// <exception cref="SandboxUnavailableException">It is absent and may not be fetched, or the Engine is away.</exception>
    public async Task<string> ImageIdAsync(CancellationToken cancellationToken) => (await ImageAsync(cancellationToken)).Id;

    /// <inheritdoc />
    public async Task<SandboxResult> RunAsync(SandboxCommand command, CancellationToken cancellationToken)
    {
        SandboxPaths.Check(command);
        if (command.Pipes is not null) throw new ArgumentException("A container has no pipes.", nameof(command));
        SandboxPaths.CheckSocket(command, _engine.Options.SocketPath);
        if (command.Enter.Count > 0)
            throw new UnusableImageException("The Docker Engine cannot see paths of another mount namespace: with sandbox.image, workspaces are real copies, or the service runs as root.");
        var image = await ImageAsync(cancellationToken);
        if (command.Egress is { } egress)
        {
            if (DockerForwarder.Problem(_engine) is { } problem) throw new SandboxUnavailableException(problem);
            if (image.Shell is null) throw new UnusableImageException($"The image {_reference} has no /bin/sh; a command with a network needs one, to wait until the way out is open.");
            // Where no authorities are given: this machine's, which its proxy and registries are known to.
            command = command with { Egress = egress with { CertificateBundle = egress.CertificateBundle ?? HostCertificates.Find() } };
        }

        var name = $"codingagent-{Guid.NewGuid():N}";
        var files = new DockerFiles(_engine, image, UserOf(command.WorkspacePath), command);
        try
        {
            await files.PrepareAsync(cancellationToken);
            var container = DockerContainer.For(_engine, image, command, files.User, files.Etc, files.Certificates, files.Home, name);
            await AskAsync("make a container", (c, ct) => c.Containers.CreateContainerAsync(container, ct), cancellationToken);
            return await RunAsync(name, files.User, command, cancellationToken);
        }
        finally
        {
            // Also the end of a command that is still running: removal kills it.
            await _engine.RemoveAsync(name);
            await files.DisposeAsync();
        }
    }

    private async Task<SandboxResult> RunAsync(string name, SandboxUser user, SandboxCommand command, CancellationToken cancellationToken)
    {
        var takesInput = DockerContainer.TakesInput(command);
        var attach = new ContainerAttachParameters { Stream = true, Stdin = takesInput, Stdout = true, Stderr = true };
        // Before the start: what a short command says would be missed.
        using var stream = await AskAsync("attach to a container", (c, ct) => c.Containers.AttachContainerAsync(name, attach, ct), cancellationToken);
        var output = new DockerOutput(stream, command.Limits.OutputBytes);
        await AskAsync("start a container", (c, ct) => c.Containers.StartContainerAsync(name, null, ct), cancellationToken);
        await using var wayOut = command.Egress is { } egress
            ? await DockerForwarder.StartAsync(await ProcessOfAsync(name, cancellationToken), egress, user, _engine.Time, cancellationToken)
            : null;
        var started = _engine.Time.GetTimestamp();
        await using var disk = new DiskWatch(_engine.Options.Workspace, command, _engine.Time);
        disk.Watch(ct => WatchedAsync(name, ct));
        using var timeout = new CancellationTokenSource(command.Limits.Timeout, _engine.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, disk.Stop, cancellationToken);
        var feed = takesInput ? FeedAsync(stream, command, stop.Token) : Task.CompletedTask;
        var (code, wasKilled) = await WaitAsync(name, stop.Token, cancellationToken);
        var duration = _engine.Time.GetElapsedTime(started);
        var isWhole = await output.DrainAsync(_engine.Time);
        var outcome = wasKilled ? (disk.Words is null ? SandboxOutcome.TimedOut : SandboxOutcome.Exited)
            : code != 0 && await WasMemoryExceededAsync(name, code, cancellationToken) ? SandboxOutcome.OutOfMemory
            : SandboxOutcome.Exited;
        var error = output.Error + (isWhole ? "" : "\n[the Engine did not end the output; its last part may be missing]\n") + (disk.Words is { } words ? $"\n{words}\n" : "");
        await stop.CancelAsync();
        await feed;
        return new SandboxResult(outcome, code, output.Output, error, duration);
    }

    private async Task<(int Code, bool WasKilled)> WaitAsync(string name, CancellationToken stop, CancellationToken cancellationToken)
    {
        Task<ContainerWaitResponse> Wait(TimeSpan? patience, CancellationToken ct) =>
            _engine.AskAsync("wait for a container", (c, t) => c.Containers.WaitContainerAsync(name, t), patience, ct);
        try
        {
            return ((int)(await Wait(null, stop)).StatusCode, false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await KillAsync(name, cancellationToken);
            await Wait(_engine.Options.Patience, cancellationToken);
            return (KilledExitCode, true);
        }
    }

    private async Task<long> ProcessOfAsync(string name, CancellationToken cancellationToken) =>
        (await AskAsync("look at a container", (c, ct) => c.Containers.InspectContainerAsync(name, ct), cancellationToken)).State?.Pid ?? 0;

    /// <summary>The first process of a container as this process counts them; 0 where the Engine counts otherwise, in another process namespace.</summary>
    private async Task<int> WatchedAsync(string name, CancellationToken cancellationToken)
    {
        var container = await AskAsync("look at a container", (c, ct) => c.Containers.InspectContainerAsync(name, ct), cancellationToken);
        var process = (int)(container.State?.Pid ?? 0);
        return ProcessTable.GroupsOf(process).Contains(container.ID, StringComparison.Ordinal) ? process : 0;
    }

    private Task<bool> KillAsync(string name, CancellationToken cancellationToken) => AskAsync(
        "kill a container",
        async (c, ct) =>
        {
            try
            {
                await c.Containers.KillContainerAsync(name, new ContainerKillParameters { Signal = "SIGKILL" }, ct);
            }
            catch (DockerApiException e) when (e.StatusCode == System.Net.HttpStatusCode.Conflict)
            {
                // It ended in the meantime.
            }

            return true;
        },
        cancellationToken);

    private async Task<bool> WasMemoryExceededAsync(string name, int code, CancellationToken cancellationToken)
    {
        for (var look = 1; ; look++)
        {
            var state = (await AskAsync("look at a container", (c, ct) => c.Containers.InspectContainerAsync(name, ct), cancellationToken)).State;
            if (state is { OOMKilled: true }) return true;
            // Whoever else kills: nobody. Anything but a kill is believed at once.
            if (code != KilledExitCode || look == LooksForMemoryKill) return false;
            await Task.Delay(BetweenLooks, _engine.Time, cancellationToken);
        }
    }

    private static async Task FeedAsync(MultiplexedStream stream, SandboxCommand command, CancellationToken stop)
    {
        try
        {
            // The first line lets a command go that waits for its way out.
            var input = Encoding.UTF8.GetBytes((command.Egress is null ? "" : "\n") + command.StandardInput);
            await stream.WriteAsync(input, 0, input.Length, stop);
            stream.CloseWrite();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or System.Net.Sockets.SocketException)
        {
            // The command closed its input, or ended, before reading all of it; its exit code tells the story.
        }
    }

    private Task<T> AskAsync<T>(string what, Func<DockerClient, CancellationToken, Task<T>> ask, CancellationToken cancellationToken) =>
        _engine.AskAsync(what, ask, _engine.Options.Patience, cancellationToken);

    /// <summary>Whom a command runs as: the workspace's owner, who alone can write it; never root.</summary>
    private SandboxUser UserOf(string workspace)
    {
        var (uid, gid) = WorkspaceFolder.OwnerOf(workspace);
        // A rootless Engine's root is the service's own user, and everybody else is nobody.
        if (_engine.IsRootless) return new SandboxUser(0, 0);
        return uid == 0 || gid == 0 ? _engine.Options.User : new SandboxUser(uid, gid);
    }

    private async Task<DockerImage> ImageAsync(CancellationToken cancellationToken)
    {
        await _engine.RequireAsync(cancellationToken);
        Task<DockerImage> image;
        lock (_gate)
        {
            // A failed look-up is no answer for later commands: the image may have been loaded since.
            if (_image is null or { IsFaulted: true } or { IsCanceled: true }) _image = _engine.Images.FindAsync(_reference, CancellationToken.None);
            image = _image;
        }

        return await image.WaitAsync(cancellationToken);
    }
}
