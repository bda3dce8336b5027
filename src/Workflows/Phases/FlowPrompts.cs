using System.Reflection;

namespace CodingAgent.Workflows.Phases;

/// <summary>The prompts of a job: the Markdown files of its folder, embedded in the assembly.</summary>
public static class FlowPrompts
{
    /// <summary>The text of <c>NAME.md</c> beside a job's class.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static string Read(Type flow, string name)
    {
        var resource = $"{flow.Namespace}.{name}.md";
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"The prompt {resource} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Trim();
    }
}
