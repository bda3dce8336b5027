namespace Temporalio.Api.Enums.V1;

/// <summary>Which events of a history are fetched.</summary>
public enum HistoryEventFilterType
{
    /// <summary>Left to the server: all.</summary>
    Unspecified = 0,

    /// <summary>All events.</summary>
    AllEvent = 1,

    /// <summary>Only the event that closed the run.</summary>
    CloseEvent = 2,
}
