namespace CodingAgent.Workflows.CodingTask;

/// <summary>Names of the branches the product creates.</summary>
public static class TaskBranch
{
    /// <summary>What every such name starts with; the router looks closer at pull requests whose head does.</summary>
    public const string Prefix = "coding-agent/";
}
