namespace CodingAgent.Agents;

/// <summary>Why a run failed for good.</summary>
public enum AgentFailure
{
    /// <summary>The endpoint refused the request: key, model name, context length.</summary>
    ModelRejected,

    /// <summary>The model refused to do the task.</summary>
    Refusal,

    /// <summary>The model repeated the same action with the same result and did not stop when told.</summary>
    Stuck,
}
