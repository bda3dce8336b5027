namespace Temporalio.Client.Schedules;

/// <summary>How schedules are listed.</summary>
public class ScheduleListOptions : ICloneable
{
    /// <summary>Query in the server's list language; null for all.</summary>
    public string? Query { get; set; }

    /// <summary>How the calls are made.</summary>
    public RpcOptions? Rpc { get; set; }

    /// <inheritdoc />
    public virtual object Clone()
    {
        var copy = (ScheduleListOptions)MemberwiseClone();
        copy.Rpc = (RpcOptions?)Rpc?.Clone();
        return copy;
    }
}
