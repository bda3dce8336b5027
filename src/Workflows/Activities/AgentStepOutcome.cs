namespace CodingAgent.Workflows.Activities;

/// <summary>How a segment of an agent run ended.</summary>
public enum AgentStepOutcome
{
    /// <summary>The agent gave its answer.</summary>
    Completed,

    /// <summary>The segment is over; the run goes on.</summary>
    Segment,

    /// <summary>The model endpoint is away; nothing is lost.</summary>
    ModelAway,

    /// <summary>A limit is reached.</summary>
    BudgetExhausted,

    /// <summary>The run failed for good.</summary>
    Failed,
}
