namespace CodingAgent.Mcp.Tests.Egress;

/// <summary>A test that runs a program of the system's inside the sandbox; skipped, saying so, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProgramFactAttribute : FactAttribute
{
    public ProgramFactAttribute(string program)
    {
        if (!Array.Exists(["/usr/bin", "/usr/local/bin"], f => File.Exists(Path.Combine(f, program)))) Skip = $"{program} is not installed under /usr.";
    }
}
