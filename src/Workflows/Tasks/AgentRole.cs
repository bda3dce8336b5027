namespace CodingAgent.Workflows.Tasks;

/// <summary>Roles of the cohort.</summary>
public enum AgentRole
{
    /// <summary>Reads and plans.</summary>
    Planner,

    /// <summary>Carries out the plan.</summary>
    Coder,

    /// <summary>Reads the change.</summary>
    Critic,

    /// <summary>Mends what is red and answers reviews.</summary>
    Fixer,
}
