using System.Globalization;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// The way out of one container: the same forwarder that bubblewrap's commands have, put into the container's network namespace from outside,
/// so that nothing of it has to be in the image. The container waits for it, and it ends with the command.
/// </summary>
internal sealed class DockerForwarder : IAsyncDisposable
{
    private const int Looks = 500;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _end = new();
    private readonly HeadTailBuffer _error = new(2000);
    private readonly Task<ChildExit> _run;

    private DockerForwarder(IReadOnlyList<string> line, TimeProvider time)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" };
        var child = new ChildCommand(line[0], [.. line.Skip(1)], environment, Timeout.InfiniteTimeSpan) { Stop = _end.Token };
        _run = ChildProcess.RunAsync(child, new HeadTailBuffer(0), _error, time, CancellationToken.None);
    }

    /// <summary>Why no container can have a way out here; null when it can.</summary>
    public static string? Problem(DockerEngine engine) =>
        engine.IsRootless || !Environment.IsPrivilegedProcess
            ? "A command with a network in a container needs this service and the Docker Engine to run as root: only root can enter the container's network. Set up without a network, or without sandbox.image."
            : null;

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="process">The container's first process, as this machine counts.</param>
    /// <param name="egress">Where it leads.</param>
    /// <param name="user">Whom it runs as.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="SandboxUnavailableException">It does not start.</exception>
    public static async Task<DockerForwarder> StartAsync(long process, SandboxEgress egress, SandboxUser user, TimeProvider time, CancellationToken cancellationToken)
    {
        var (id, uid, gid) = (Number(process), Number(user.Uid), Number(user.Gid));
        var forwarder = new DockerForwarder(
            [
                "nsenter", "--target", id, "--net", "--", "setpriv", "--reuid", uid, "--regid", gid, "--clear-groups", "--no-new-privs",
                "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--", .. SandboxStage.ForwarderArguments(egress.SocketPath),
            ],
            time);
        try
        {
            for (var look = 0; !IsListening(id); look++)
            {
                if (look == Looks || forwarder._run.IsCompleted)
                    throw new SandboxUnavailableException($"The container's way out could not be opened: {DockerWords.OneLine(forwarder._error.ToText())} (the forwarder needs nsenter, setpriv and socat, and the Engine's processes in sight).");
                await Task.Delay(BetweenLooks, time, cancellationToken);
            }

            return forwarder;
        }
        catch
        {
            await forwarder.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _run;
        _end.Dispose();
    }

    // A listening socket (state 0A) of 127.0.0.1, as proc_net_tcp of the kernel's documentation writes it.
    private static bool IsListening(string process)
    {
        try
        {
            var address = string.Create(CultureInfo.InvariantCulture, $": 0100007F:{EgressVariables.Port:X4} 00000000:0000 0A ");
            return File.ReadLines($"/proc/{process}/net/tcp").Any(l => l.Contains(address, StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
