using System.Reflection;
using System.Text.Json;
using CodingAgent.Agents.Definitions;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Cohort;

/// <summary>
/// The agents of a coding task. Their prompts are files in <c>src/Agents/Prompts</c>, embedded in the assembly. Who hands over to whom: the planner to the
/// retriever inside its own run; the others out of theirs, as far as the task's workflow admits it. Who edits asks the retriever as a tool.
/// </summary>
public static class CohortAgents
{
    private const int RetrieverTurns = 12;
    private const int MostOpened = 20;

    private static readonly string[] SearchTools = ["list_files", "read_file", "search_text", "search_code", "search_pattern", "find_symbol", "repo_map"];

    private static readonly Handoff Replan = new("planner", "Asks for another plan, because this one cannot be carried out: what you edited is left behind, and the new plan is approved anew. Not for a file that is merely missing in it.");

    /// <summary>Names of the prompts: one per agent, and what is told to all of them.</summary>
    public static IReadOnlyList<string> PromptNames { get; } = ["planner", "retriever", "coder", "critic", "fixer", "common"];

    /// <summary>Reads the repository and returns a <see cref="Plan"/>. Give it reading tools only.</summary>
    public static AgentDefinition Planner(string model, PromptVariant? variant = null) => Make("planner", model, CohortOutputs.Plan, variant) with
    {
        Handoffs =
        [
            new Handoff("retriever", "Asks the retriever to find places in the repository; its answer comes back as the output of this call. It sees the task and your question, nothing else.")
            {
                Agent = Retriever(model, variant),
                Arguments = CohortOutputs.RetrievalQuestion,
                Filter = HandoffFilters.TaskOnly,
            },
        ],
    };

    /// <summary>Searches the repository for the planner, inside its run, and returns <see cref="Places"/>.</summary>
    public static AgentDefinition Retriever(string model, PromptVariant? variant = null) => Make("retriever", model, CohortOutputs.Places, variant) with { Tools = SearchTools, MaxTurns = RetrieverTurns, OnMaxTurns = WhatWasOpened };

    /// <summary>Carries out an approved plan and returns a <see cref="CoderReport"/>. Give it all workspace tools.</summary>
    public static AgentDefinition Coder(string model, PromptVariant? variant = null) => Make("coder", model, CohortOutputs.ChangeReport, variant) with
    {
        AgentTools = [AskRetriever(model, variant)],
        Handoffs = [Review(CohortOutputs.ChangeReport), Replan],
    };

    /// <summary>Reviews the change and returns a <see cref="Critique"/>. Give it reading tools only.</summary>
    public static AgentDefinition Critic(string model, PromptVariant? variant = null) => Make("critic", model, CohortOutputs.Critique, variant) with
    {
        Handoffs = [new Handoff("fixer", "Sends the change back with your critique: the same as answering that it is not approved.") { Arguments = CohortOutputs.Critique }],
    };

    /// <summary>Mends red checks, answers reviews and findings, and returns a <see cref="CoderReport"/>. Give it all workspace tools.</summary>
    public static AgentDefinition Fixer(string model, PromptVariant? variant = null) => Make("fixer", model, CohortOutputs.FixReport, variant) with
    {
        AgentTools = [AskRetriever(model, variant)],
        Handoffs = [Review(CohortOutputs.FixReport), Replan],
    };

    /// <summary>An agent of one kind of work alone, with the rules that hold for all.</summary>
    /// <param name="name">Name.</param>
    /// <param name="instructions">What it is for.</param>
    /// <param name="model">Model name as the endpoint knows it.</param>
    /// <param name="output">Shape of its answer.</param>
    public static AgentDefinition Own(string name, string instructions, string model, OutputContract output) =>
        new(name, $"{instructions}\n\n{Prompt("common")}", model) { Output = output };

    // Who edits stays at the work: a search is a question on the side, and several may be asked in one turn.
    private static AgentTool AskRetriever(string model, PromptVariant? variant) => new(
        "ask_retriever", "Asks the retriever to find places in the repository: every caller of something, where a kind of thing is handled. It sees your question alone.", Retriever(model, variant));

    // Places without a judgement would be taken for an answer; what was opened tells where not to begin anew.
    private static string WhatWasOpened(IReadOnlyList<ChatMessage> conversation)
    {
        var opened = conversation.SelectMany(m => m.Contents.OfType<FunctionCallContent>()).Where(c => c.Name == "read_file")
            .Select(c => c.Arguments is { } a && a.TryGetValue("path", out var path) ? path?.ToString() : null).OfType<string>().Distinct(StringComparer.Ordinal).Take(MostOpened).ToArray();
        return JsonSerializer.Serialize(new Places([], $"The retriever's turns were used up before it had an answer. {(opened.Length == 0 ? "It asked to read nothing." : $"It asked to read {string.Join(", ", opened)}.")}"), OutputContract.Json);
    }

    private static Handoff Review(OutputContract report) =>
        new("critic", "Hands the change over with your report: the same as answering with the report. Checks run before the critic reads.") { Arguments = report };

    private static AgentDefinition Make(string role, string model, OutputContract output, PromptVariant? variant) =>
        new(role, $"{Prompt(role, variant)}\n\n{Prompt("common", variant)}", model) { Output = output };

    private static string Prompt(string name, PromptVariant? variant)
    {
        var text = variant?.Replaced(name) ?? Prompt(name);
        return variant?.Appended(name) is { } more ? $"{text}\n\n{more}" : text;
    }

    private static string Prompt(string name)
    {
        var resource = $"CodingAgent.Agents.Prompts.{name}.md";
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The prompt {resource} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Trim();
    }
}
