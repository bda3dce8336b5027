using System.Reflection;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Overlays;
using Xunit.Sdk;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>A way of layering workspaces as a test's argument; its case is skipped, saying why, where this machine does not have it.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class LayeringDataAttribute : DataAttribute
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<WorkspaceLayering, string?> Problems = new();

    public LayeringDataAttribute(WorkspaceLayering layering)
    {
        Layering = layering;
        Skip = Problems.GetOrAdd(layering, Problem);
    }

    public WorkspaceLayering Layering { get; }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Layering]];

    /// <summary>In a user namespace there is one user only, so that root tries that way with workspaces of its own.</summary>
    public static TrustedGitOptions Options(string root, WorkspaceLayering? layering)
    {
        var options = new TrustedGitOptions { Root = root, AllowFileProtocol = true, RequiredLayering = layering };
        return layering == WorkspaceLayering.UserNamespace ? options with { WorkspaceOwner = null } : options;
    }

    private static string? Problem(WorkspaceLayering layering)
    {
        using var root = new ScratchFolder();
        try
        {
            new TrustedGit(Options(root.Path, layering), TimeProvider.System).InspectWorkspacesAsync(CancellationToken.None).GetAwaiter().GetResult();
            return null;
        }
        catch (GitFailedException e)
        {
            return e.Message;
        }
    }
}
