namespace TemporalServer.Machine;

/// <summary>How far an update has come.</summary>
internal enum UpdateStage
{
    /// <summary>Known to the server, not yet seen by a worker.</summary>
    Admitted,

    /// <summary>In a workflow task that is being worked on.</summary>
    Sent,

    /// <summary>Accepted by its validator and written to the history.</summary>
    Accepted,

    /// <summary>Completed or rejected.</summary>
    Completed,
}
