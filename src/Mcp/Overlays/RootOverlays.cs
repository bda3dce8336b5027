using System.Globalization;
using System.Runtime.InteropServices;
using CodingAgent.Mcp.Files;
using Microsoft.Win32.SafeHandles;

namespace CodingAgent.Mcp.Overlays;

/// <summary>Mounts in this process's own mount namespace, which takes root.</summary>
internal sealed class RootOverlays : IOverlayMounter
{
    // Plain behaviour: every changed file is whole in the upper layer, nothing there points elsewhere. Volatile: a workspace that a crash
    // damages is made anew, so nobody waits for the disk.
    private const string Plain = "metacopy=off,redirect_dir=nofollow,index=off,xino=off";
    private const nuint NoSetuidNoDevices = 2 | 4;
    private const int Detach = 2;

    // Tried in turn: older kernels lack "volatile" (5.10) and "xino" (4.17).
    private static readonly string[] Choices = [Plain + ",volatile", Plain, "redirect_dir=off,index=off", "index=off"];

    private int _choice;

    public string AttributePrefix => "trusted.overlay.";

    public async Task<IOverlay> MountAsync(OverlayStack stack, CancellationToken cancellationToken)
    {
        var overlay = new Mounted(this, stack.MountPoint);
        await overlay.AttachAsync(stack, cancellationToken);
        return overlay;
    }

    /// <summary>Takes a mount away, even one in use; false when nothing is mounted there.</summary>
    public static bool Unmount(string mountPoint) => Libc.Unmount(mountPoint, Detach) == 0;

    private void Mount(OverlayStack stack)
    {
        while (true)
        {
            var choice = Volatile.Read(ref _choice);
            const int InvalidArgument = 22;
            if (TryMount(stack, Choices[choice]) is not (not 0 and var error)) return;
            if (error != InvalidArgument || choice == Choices.Length - 1)
                throw new OverlayException($"overlayfs cannot be mounted at {stack.MountPoint}: {Marshal.GetPInvokeErrorMessage(error)} (error {error}).");
            Interlocked.CompareExchange(ref _choice, choice + 1, choice);
        }
    }

    /// <summary>Mounts; the error's number when it did not work, else 0.</summary>
    private static int TryMount(OverlayStack stack, string extra)
    {
        var open = new List<SafeFileHandle>();
        try
        {
            var options = stack.Options(extra, folder =>
            {
                var handle = new SafeFileHandle(Libc.OpenAt(Libc.CurrentDirectory, folder, Libc.PathOnly | Libc.OnlyDirectory | Libc.CloseOnExec, 0), ownsHandle: true);
                open.Add(handle);
                if (handle.IsInvalid) throw new OverlayException($"The layer {folder} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
                return string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)handle.DangerousGetHandle()}");
            });
            return Libc.Mount("overlay", stack.MountPoint, "overlay", NoSetuidNoDevices, options) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        finally
        {
            foreach (var handle in open) handle.Dispose();
        }
    }

    private sealed class Mounted(RootOverlays mounter, string mountPoint) : IOverlay
    {
        public string HostPath => mountPoint;

        public IReadOnlyList<string> Enter => [];

        public bool IsMounted { get; private set; }

        public Task DetachAsync(CancellationToken cancellationToken)
        {
            Dispose();
            return Task.CompletedTask;
        }

        public Task AttachAsync(OverlayStack stack, CancellationToken cancellationToken)
        {
            mounter.Mount(stack);
            IsMounted = true;
            return Task.CompletedTask;
        }

        public void Dispose()
        {
            if (IsMounted) Unmount(mountPoint);
            IsMounted = false;
        }
    }
}
