using System.ComponentModel;
using System.Text.Json;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Tools;
using Microsoft.Extensions.AI;
using ModelContextProtocol;

namespace CodingAgent.Agents.Runs;

/// <summary>A place in a run that its agent called whole, and the workspace as that turn left it. Nothing is proved by it.</summary>
/// <param name="Title">What the agent calls it, in one line: model output.</param>
/// <param name="Snapshot">The workspace.</param>
public sealed record FinishedStep(string Title, string Snapshot)
{
    /// <summary>Name of the tool by which an agent says so.</summary>
    public const string ToolName = "finish_step";

    private const int LongestTitle = 100;

    private static readonly OutputContract Arguments = OutputContract.For<StepTitle>(
        ToolName, t => string.IsNullOrWhiteSpace(t.Title) || t.Title.Length > LongestTitle ? $"title must be one line of 1 to {LongestTitle} characters." : null);

    internal static AIFunction Tool { get; } = new FinishFunction();

    /// <summary>The step that a call finishes; null for another call, and for one that was refused.</summary>
    internal static FinishedStep? Of(FunctionCallContent call, string? snapshot) =>
        call.Name == ToolName && snapshot is not null && Models.Answers.BrokenArgumentsOf(call) is null && Models.Answers.ArgumentsOf(call) is var json && Arguments.FirstError(json) is null
            ? new FinishedStep(OutputContract.Read<StepTitle>(json).Title, snapshot)
            : null;

    // It changes nothing: that it was called is in the journal, with the snapshot of its turn.
    private sealed class FinishFunction : AIFunction
    {
        public override string Name => ToolName;

        public override string Description =>
            "Says that the change as it stands now is one whole small step: it builds and passes its checks, and becomes a commit of its own. Call it by itself, after the step's edits and a green run_checks.";

        public override JsonElement JsonSchema => Arguments.Schema;

        public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } = new Dictionary<string, object?> { [ToolTraits.ReadOnlyKey] = true };

        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) =>
            Arguments.FirstError(arguments) is { } error
                ? throw new McpException(error)
                : ValueTask.FromResult<object?>("The step is noted. Go on with the next one, or report.");
    }
}

/// <summary>Arguments of the call that finishes a step.</summary>
/// <param name="Title">What the step did.</param>
public sealed record StepTitle([property: Description("Subject of the commit, such as: refactor: move the discount rules into Discounts.")] string Title);
