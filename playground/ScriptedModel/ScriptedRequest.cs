namespace CodingAgent.Playground.ScriptedModel;

/// <summary>What a gate or a fault rule may look at.</summary>
/// <param name="Conversation">Key of the conversation: a hash of what stands before the model's first message.</param>
/// <param name="Role">Name of the answer's schema: <c>plan</c>, <c>change_report</c>, <c>critique</c> or <c>fix_report</c>.</param>
/// <param name="Turn">Turn that is asked for, from 1.</param>
/// <param name="Edits">Calls so far in this conversation that edited or wrote a file with success.</param>
/// <param name="ClientRequestId">The caller's <c>X-Client-Request-Id</c>, when sent.</param>
public sealed record ScriptedRequest(string Conversation, string Role, int Turn, int Edits, string? ClientRequestId)
{
    /// <summary>Repository of the task, <c>owner/name</c>; empty when the task's text names none.</summary>
    public string Repository { get; init; } = "";

    /// <summary>The text of the task.</summary>
    public string TaskText { get; init; } = "";
}
