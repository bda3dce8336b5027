using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>A test about commands that run as another user than this process, which only root can start.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (SandboxUser.ForThisProcess is null)
            Skip = "Needs root: commands run as the same user otherwise.";
    }
}
