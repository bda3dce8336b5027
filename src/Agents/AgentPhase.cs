namespace CodingAgent.Agents;

/// <summary>What a run is doing.</summary>
public enum AgentPhase
{
    /// <summary>Waiting for the model.</summary>
    AskingModel,

    /// <summary>Running the tools of a turn.</summary>
    RunningTools,

    /// <summary>A turn has been journalled as finished.</summary>
    TurnFinished,
}
