namespace CodingAgent.Agents;

/// <summary>Why a run failed for good.</summary>
public enum AgentFailure
{
    /// <summary>The endpoint refused the request: a parameter, a schema.</summary>
    ModelRejected,

    /// <summary>The model refused to do the task, or a content filter did for it.</summary>
    Refusal,

    /// <summary>The model repeated the same action with the same result and did not stop when told.</summary>
    Stuck,

    /// <summary>The endpoint does not take the key, or does not know the model or the address: the operator's settings.</summary>
    ModelSettings,

    /// <summary>The conversation is longer than the model takes, also after it was trimmed.</summary>
    ModelContext,

    /// <summary>Several answers in a row were lost, cut or unreadable; what they cost is booked.</summary>
    ModelUnreadable,

    /// <summary>The account at the endpoint has no credit left, or its spending limit is reached; with credit the same run goes on.</summary>
    ModelCredit,

    /// <summary>The task's snapshots together hold as much as they may.</summary>
    SnapshotsExhausted,
}
