namespace CodingAgent.Workflows;

/// <summary>Names of task queues.</summary>
public static class TaskQueues
{
    /// <summary>Workflows and activities of coding tasks.</summary>
    public const string CodingAgent = "coding-agent";
}
