namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>A test that runs Node inside the sandbox, which shows the system's programs only.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute()
    {
        if (!Array.Exists(["/usr/bin/node", "/usr/local/bin/node"], File.Exists))
            Skip = "Node is not installed under /usr.";
    }
}
