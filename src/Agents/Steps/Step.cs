using CodingAgent.Agents.Models;

namespace CodingAgent.Agents.Steps;

/// <summary>What to do next: a closed set.</summary>
public abstract record Step
{
    /// <summary>Ask the model for a turn (from 1) with these items.</summary>
    public sealed record AskModel(int Turn, IReadOnlyList<ModelItem> Items) : Step;

    /// <summary>Run the calls of a turn. Calls a person rejected are answered without running.</summary>
    public sealed record RunTools(int Turn, IReadOnlyList<ToolCall> Calls) : Step;

    /// <summary>Wait for a person.</summary>
    public sealed record AwaitApproval(IReadOnlyList<PendingApproval> Pending) : Step;

    /// <summary>A limit is reached; nothing is asked any more.</summary>
    public sealed record OutOfBudget(BudgetKind Which) : Step;

    /// <summary>The run is over.</summary>
    public sealed record Finish(RunEnd End) : Step;
}
