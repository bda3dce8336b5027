namespace CodingAgent.Workflows.CodingTask;

/// <summary>What kind of work a task does.</summary>
public enum TaskKind
{
    /// <summary>Plan, edit, verify, publish, review loop.</summary>
    Implement,

    /// <summary>Address CI failures and review remarks on an existing pull request.</summary>
    Fix,
}
