namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>A test about containers; skipped, saying why, where there is no Docker Engine.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DockerFactAttribute : FactAttribute
{
    public DockerFactAttribute() => Skip = TestEngine.Problem;
}

/// <summary>Likewise, with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DockerTheoryAttribute : TheoryAttribute
{
    public DockerTheoryAttribute() => Skip = TestEngine.Problem;
}
