namespace Temporalio.Client;

/// <summary>How an update is started.</summary>
public class WorkflowUpdateStartOptions : WorkflowUpdateOptions
{
    /// <summary>No stage yet: <see cref="WaitForStage" /> must be set.</summary>
    public WorkflowUpdateStartOptions()
    {
    }

    /// <summary>Waits for a stage.</summary>
    /// <param name="waitForStage">Accepted or completed.</param>
    public WorkflowUpdateStartOptions(WorkflowUpdateStage waitForStage) => WaitForStage = waitForStage;

    /// <summary>Waits for a stage.</summary>
    /// <param name="id">Update id.</param>
    /// <param name="waitForStage">Accepted or completed.</param>
    public WorkflowUpdateStartOptions(string id, WorkflowUpdateStage waitForStage)
        : base(id) => WaitForStage = waitForStage;

    /// <summary>Stage to wait for: accepted or completed.</summary>
    public WorkflowUpdateStage WaitForStage { get; set; }
}
