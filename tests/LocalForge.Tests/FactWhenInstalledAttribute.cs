namespace CodingAgent.LocalForge.Tests;

/// <summary>A test that needs a program and is skipped, saying so, where that is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWhenInstalledAttribute : FactAttribute
{
    public FactWhenInstalledAttribute(string program)
    {
        Program = program;
        if (!Tools.Has(program))
            Skip = $"'{program}' is not installed; Debian and Ubuntu have it as the package {program}.";
    }

    public string Program { get; }
}
