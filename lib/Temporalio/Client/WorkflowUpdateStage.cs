namespace Temporalio.Client;

/// <summary>How far an update has come.</summary>
public enum WorkflowUpdateStage
{
    /// <summary>Unknown.</summary>
    None = 0,

    /// <summary>The server holds the update.</summary>
    Admitted = 1,

    /// <summary>The workflow's validator let it pass.</summary>
    Accepted = 2,

    /// <summary>Its handler has finished.</summary>
    Completed = 3,
}
