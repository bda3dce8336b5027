namespace CodingAgent.Workflows.CodingTask;

/// <summary>Why a step is left.</summary>
internal enum TaskStopKind
{
    /// <summary>Ended from outside.</summary>
    Ended,

    /// <summary>The history is long: the same step begins anew in a fresh run.</summary>
    Again,

    /// <summary>A limit.</summary>
    Limit,

    /// <summary>Failure.</summary>
    Failed,
}
