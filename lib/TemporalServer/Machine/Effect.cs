namespace TemporalServer.Machine;

/// <summary>What a transition asks of the world outside its execution; carried out by the engine in the same durable step.</summary>
internal abstract record Effect
{
    /// <summary>Offer the pending workflow task to workers.</summary>
    internal sealed record OfferWorkflowTask : Effect;

    /// <summary>Offer the current attempt of an activity to workers.</summary>
    internal sealed record OfferActivity(long ScheduledEventId) : Effect;

    /// <summary>Start a child and tell this execution how that went.</summary>
    internal sealed record StartChild(long InitiatedEventId, StartChildWorkflowExecutionInitiatedEventAttributes Attributes, UserMetadata? UserMetadata) : Effect;

    /// <summary>Signal another execution and tell this one how that went.</summary>
    internal sealed record SignalExternal(long InitiatedEventId, SignalExternalWorkflowExecutionInitiatedEventAttributes Attributes) : Effect;

    /// <summary>Request cancellation of another execution and tell this one how that went.</summary>
    internal sealed record CancelExternal(long InitiatedEventId, RequestCancelExternalWorkflowExecutionInitiatedEventAttributes Attributes) : Effect;

    /// <summary>The execution has closed: start its next run if there is one, else tell its parent; apply the parent-close policies.</summary>
    internal sealed record Closed(HistoryEvent Event, NextRun? Next, IReadOnlyList<ChildState> Children) : Effect;

    /// <summary>An update reached a stage its callers wait for.</summary>
    internal sealed record UpdateAdvanced(string UpdateId, UpdateStage Stage, Temporalio.Api.Update.V1.Outcome? Outcome) : Effect;
}
