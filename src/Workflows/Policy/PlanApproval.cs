namespace CodingAgent.Workflows.Policy;

/// <summary>When a person must approve the plan.</summary>
public enum PlanApproval
{
    /// <summary>Never: the plan is posted and work goes on.</summary>
    Never,

    /// <summary>Always.</summary>
    Always,

    /// <summary>When the plan is risky.</summary>
    Risky,
}
