namespace Temporalio.Client;

/// <summary>How a history is fetched.</summary>
public class WorkflowHistoryEventFetchOptions : ICloneable
{
    /// <summary>Wait for events still to come, until the run closes.</summary>
    public bool WaitNewEvent { get; set; }

    /// <summary>Which events.</summary>
    public Api.Enums.V1.HistoryEventFilterType EventFilterType { get; set; } = Api.Enums.V1.HistoryEventFilterType.AllEvent;

    /// <summary>Do not look into archives.</summary>
    public bool SkipArchival { get; set; }

    /// <summary>How the call is made.</summary>
    public RpcOptions? Rpc { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
