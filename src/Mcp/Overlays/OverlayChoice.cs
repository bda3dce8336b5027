using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Overlays;

/// <summary>Finds out, by trying, how overlays can be mounted on this machine.</summary>
internal static class OverlayChoice
{
    /// <summary>Mounts a small overlay in a scratch folder in each way that fits, and takes the first that works.</summary>
    /// <param name="scratch">Folder on the file system that will hold the layers; the caller removes it.</param>
    /// <param name="owner">Another user than this process's that owns workspaces; such ids do not exist in a user namespace.</param>
    /// <param name="required">Only this way; null for the best one.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<(WorkspaceReport Report, IOverlayMounter? Mounter)> TryAsync(
        string scratch, SandboxUser? owner, WorkspaceLayering? required, TimeProvider time, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        if (required is null or WorkspaceLayering.Mount)
        {
            if (await ProblemAsync(new RootOverlays(), Path.Combine(scratch, "mount"), cancellationToken) is not { } problem)
                return (new WorkspaceReport(WorkspaceLayering.Mount, "layers joined by overlayfs, mounted by root"), new RootOverlays());
            problems.Add(problem);
        }

        if (required is null or WorkspaceLayering.UserNamespace)
        {
            var problem = owner is not null && Libc.EffectiveUser() != (uint)owner.Uid
                ? $"a user namespace does not know the sandbox's user {owner.Uid}."
                : await ProblemAsync(new NamespaceOverlays(time), Path.Combine(scratch, "namespace"), cancellationToken);
            if (problem is null)
                return (new WorkspaceReport(WorkspaceLayering.UserNamespace, "layers joined by overlayfs, each in a user namespace of its own"), new NamespaceOverlays(time));
            problems.Add(problem);
        }

        var why = string.Join(" ", problems);
        return required is null or WorkspaceLayering.Copy
            ? (new WorkspaceReport(WorkspaceLayering.Copy, why.Length == 0 ? "real copies, as configured: slower" : $"real copies, which is slower: {why}"), null)
            : throw new OverlayException($"Workspaces must be layered by {required}, which does not work here: {why}");
    }

    private static async Task<string?> ProblemAsync(IOverlayMounter mounter, string scratch, CancellationToken cancellationToken)
    {
        string Made(string name) => Directory.CreateDirectory(Path.Combine(scratch, name)).FullName;
        try
        {
            var stack = new OverlayStack([Made("lower")], Made("upper"), Made("work"), Made("merged"));
            await File.WriteAllTextAsync(Path.Combine(stack.Lower[0], "below"), "x", cancellationToken);
            using var overlay = await mounter.MountAsync(stack, cancellationToken);
            // Deleting makes a whiteout, which some file systems below cannot hold.
            File.Delete(Path.Combine(overlay.HostPath, "below"));
            Directory.CreateDirectory(Path.Combine(overlay.HostPath, "folder"));
            return File.Exists(Path.Combine(overlay.HostPath, "below")) ? "a file deleted in an overlay stays." : null;
        }
        catch (Exception e) when (e is OverlayException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}

/// <summary>How the layers of a workspace are joined.</summary>
public enum WorkspaceLayering
{
    /// <summary>Overlayfs, mounted by root at a plain path.</summary>
    Mount,

    /// <summary>Overlayfs in a user namespace, for an ordinary user.</summary>
    UserNamespace,

    /// <summary>Real copies: no overlayfs here.</summary>
    Copy,
}

/// <summary>How workspaces are made on this machine, for the doctor command and start-up logs.</summary>
/// <param name="Layering">The way that was found to work.</param>
/// <param name="Words">The same in words, with the reason when it is the slow way.</param>
public sealed record WorkspaceReport(WorkspaceLayering Layering, string Words);
