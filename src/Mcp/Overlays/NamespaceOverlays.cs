using System.Diagnostics;
using System.Globalization;
using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Overlays;

/// <summary>
/// Mounts as an ordinary user, in a user and mount namespace of a holder process that waits for its standard input to close and so dies
/// with this process. The host reaches the mount through <c>/proc/PID/root</c>; a command enters the namespace first.
/// </summary>
internal sealed class NamespaceOverlays(TimeProvider time) : IOverlayMounter
{
    // In this mode (Linux 5.11) redirects are off by themselves and naming them is an error.
    private const string Plain = "userxattr,metacopy=off,index=off,xino=off,volatile";
    private const string Ready = "ready";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const int FirstDescriptor = 3;

    // Arguments of the script, never part of it: options, mount point, and the folders in the order of their descriptors.
    private const string Remount =
        """
        options=$1 point=$2 n=3; shift 2
        for folder; do eval "exec $n<\"\$folder\"" || exit 1; n=$((n + 1)); done
        mount -t overlay -o "$options" overlay "$point"
        """;

    private const string Hold = "(" + Remount + "\n) && echo " + Ready + " && exec cat >/dev/null";

    public string AttributePrefix => "user.overlay.";

    public async Task<IOverlay> MountAsync(OverlayStack stack, CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo("unshare")
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])["-Urm", "/bin/sh", "-c", Hold, "sh", .. Arguments(stack)]) info.ArgumentList.Add(argument);
        info.Environment.Clear();
        info.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        info.Environment["LC_ALL"] = "C";
        var holder = new Process { StartInfo = info };
        try
        {
            await LaunchThread.RunAsync(() => holder.Start());
            using var patience = new CancellationTokenSource(Patience, time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            if (await holder.StandardOutput.ReadLineAsync(stop.Token) == Ready) return new Held(holder, stack.MountPoint, time);
            throw new OverlayException($"overlayfs cannot be mounted in a user namespace: {(await holder.StandardError.ReadToEndAsync(stop.Token)).Trim().ReplaceLineEndings(" ")}");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            End(holder);
            throw new OverlayException("The program 'unshare' cannot make a user namespace here; install util-linux or allow user namespaces.", e);
        }
        catch
        {
            End(holder);
            throw;
        }
    }

    private static List<string> Arguments(OverlayStack stack)
    {
        var folders = new List<string>();
        var options = stack.Options(Plain, folder =>
        {
            folders.Add(folder);
            return string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{FirstDescriptor + folders.Count - 1}");
        });
        return [options, stack.MountPoint, .. folders];
    }

    private static void End(Process holder)
    {
        try
        {
            holder.Kill(entireProcessTree: true);
            holder.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It never started.
        }

        holder.Dispose();
    }

    private sealed class Held(Process holder, string mountPoint, TimeProvider time) : IOverlay
    {
        private readonly string _pid = holder.Id.ToString(CultureInfo.InvariantCulture);
        private bool _isAttached = true;
        private bool _ended;

        public string HostPath => $"/proc/{_pid}/root{mountPoint}";

        public IReadOnlyList<string> Enter => ["nsenter", "-t", _pid, "-U", "-m", "--preserve-credentials", "--"];

        public bool IsMounted => _isAttached && !_ended && !holder.HasExited;

        public async Task DetachAsync(CancellationToken cancellationToken)
        {
            if (_isAttached) await InsideAsync(["umount", "-l", mountPoint], cancellationToken);
            _isAttached = false;
        }

        public async Task AttachAsync(OverlayStack stack, CancellationToken cancellationToken)
        {
            await InsideAsync(["/bin/sh", "-c", Remount, "sh", .. Arguments(stack)], cancellationToken);
            _isAttached = true;
        }

        public void Dispose()
        {
            if (_ended) return;
            _ended = true;
            End(holder);
        }

        private async Task InsideAsync(string[] command, CancellationToken cancellationToken)
        {
            if (_ended || holder.HasExited) throw new OverlayException($"The process that held the mount at {mountPoint} is gone.");
            var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin", ["LC_ALL"] = "C" };
            var error = new HeadTailBuffer(4096);
            var call = new ChildCommand(Enter[0], [.. Enter.Skip(1), .. command], environment, Patience);
            var exit = await ChildProcess.RunAsync(call, new HeadTailBuffer(4096), error, time, cancellationToken);
            if (exit.ExitCode != 0) throw new OverlayException($"{command[0]} at {mountPoint} failed: {error.ToText().Trim().ReplaceLineEndings(" ")}");
        }
    }
}
