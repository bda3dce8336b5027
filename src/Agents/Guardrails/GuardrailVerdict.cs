using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Guardrails;

/// <summary>What a guardrail says.</summary>
/// <param name="Outcome">What becomes of what it judged.</param>
/// <param name="Words">Rejected: what the model is told. Tripped: why the run ends, in one line for people.</param>
public sealed record GuardrailVerdict(GuardrailOutcome Outcome, string Words)
{
    /// <summary>Nothing to object to.</summary>
    public static GuardrailVerdict Allow { get; } = new(GuardrailOutcome.Allow, "");

    /// <summary>It is not used; the model is told why and goes on.</summary>
    public static GuardrailVerdict Reject(string words) => new(GuardrailOutcome.Reject, words);

    /// <summary>The run ends.</summary>
    public static GuardrailVerdict Trip(string words) => new(GuardrailOutcome.Trip, words);
}

/// <summary>What becomes of what a guardrail judged.</summary>
public enum GuardrailOutcome
{
    /// <summary>It is used.</summary>
    Allow,

    /// <summary>It is not used; the model is told why and goes on.</summary>
    Reject,

    /// <summary>The run ends.</summary>
    Trip,
}

/// <summary>What a guardrail judges.</summary>
public enum GuardrailStage
{
    /// <summary>The task's text.</summary>
    Input,

    /// <summary>A tool call or what it returned.</summary>
    Tool,

    /// <summary>The final answer.</summary>
    Output,
}

/// <summary>
/// Judges the input of a run's first agent; there is no model yet to tell, so a rejection ends the run like a tripwire. It is asked again by a retry of a
/// run whose first turn is not over.
/// </summary>
/// <param name="Name">Name in traces and in people's text.</param>
/// <param name="Check">Judges the task's text.</param>
public sealed record InputGuardrail(string Name, Func<IReadOnlyList<ChatMessage>, CancellationToken, ValueTask<GuardrailVerdict>> Check)
{
    /// <summary>
    /// False to judge while the model answers for the first time: faster, but that answer is paid whatever the verdict. Nothing of it is used before the
    /// verdict is there.
    /// </summary>
    public bool IsBlocking { get; init; } = true;
}

/// <summary>
/// Judges the final answer of a run, after its contract. Pure, because a resumed run judges journalled answers again and must come to the same verdict.
/// </summary>
/// <param name="Name">Name in traces and in people's text.</param>
/// <param name="Check">Judges the answer: JSON by the agent's contract, or text.</param>
public sealed record OutputGuardrail(string Name, Func<string, GuardrailVerdict> Check);

/// <summary>Judges every call of a tool before it runs, what it returned, or both.</summary>
/// <param name="Name">Name in traces and in people's text.</param>
public sealed record ToolGuardrail(string Name)
{
    /// <summary>Judges a call; its arguments fit the tool's schema.</summary>
    public Func<GuardedCall, GuardrailVerdict>? Before { get; init; }

    /// <summary>Judges what a call returned, errors included, before the model reads it.</summary>
    public Func<GuardedCall, string, GuardrailVerdict>? After { get; init; }
}

/// <summary>A call that a guardrail judges.</summary>
/// <param name="Tool">Name of the tool.</param>
/// <param name="ArgumentsJson">Arguments, one JSON object: model output.</param>
/// <param name="ReadOnly">It changes nothing.</param>
/// <param name="LeavesWorkspace">Its effects reach outside the workspace.</param>
public sealed record GuardedCall(string Tool, string ArgumentsJson, bool ReadOnly, bool LeavesWorkspace);

/// <summary>A guardrail ends the run.</summary>
public sealed class GuardrailTrippedException(string guardrail, GuardrailStage stage, string reason) : Exception(reason)
{
    /// <summary>Name of the guardrail.</summary>
    public string Guardrail { get; } = guardrail;

    /// <summary>What it judged.</summary>
    public GuardrailStage Stage { get; } = stage;
}
