using System.Reflection;
using CodingAgent.Agents.Definitions;

namespace CodingAgent.Agents.Cohort;

/// <summary>The four agents of a coding task. Their prompts are files in <c>src/Agents/Prompts</c>, embedded in the assembly.</summary>
public static class CohortAgents
{
    /// <summary>Reads the repository and returns a <see cref="Plan"/>. Give it reading tools only.</summary>
    public static AgentDefinition Planner(string model) => Make("planner", model, CohortOutputs.Plan);

    /// <summary>Carries out an approved plan and returns a <see cref="CoderReport"/>. Give it all workspace tools.</summary>
    public static AgentDefinition Coder(string model) => Make("coder", model, CohortOutputs.ChangeReport);

    /// <summary>Reviews the change and returns a <see cref="Critique"/>. Give it reading tools only.</summary>
    public static AgentDefinition Critic(string model) => Make("critic", model, CohortOutputs.Critique);

    /// <summary>Mends red checks, answers reviews and findings, and returns a <see cref="CoderReport"/>. Give it all workspace tools.</summary>
    public static AgentDefinition Fixer(string model) => Make("fixer", model, CohortOutputs.FixReport);

    /// <summary>An agent of one kind of work alone, with the rules that hold for all.</summary>
    /// <param name="name">Name.</param>
    /// <param name="instructions">What it is for.</param>
    /// <param name="model">Model name as the endpoint knows it.</param>
    /// <param name="output">Shape of its answer.</param>
    public static AgentDefinition Own(string name, string instructions, string model, OutputContract output) =>
        new(name, $"{instructions}\n\n{Prompt("common")}", model) { Output = output };

    private static AgentDefinition Make(string role, string model, OutputContract output) =>
        new(role, $"{Prompt(role)}\n\n{Prompt("common")}", model) { Output = output };

    private static string Prompt(string name)
    {
        var resource = $"CodingAgent.Agents.Prompts.{name}.md";
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The prompt {resource} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Trim();
    }
}
