using Temporalio.Client;
using Temporalio.Worker;

namespace Temporalio.Extensions.Hosting;

/// <summary>What a hosted worker runs and how it connects.</summary>
public class TemporalWorkerServiceOptions : TemporalWorkerOptions
{
    /// <summary>No queue yet.</summary>
    public TemporalWorkerServiceOptions()
    {
    }

    /// <summary>A queue.</summary>
    /// <param name="taskQueue">Queue to work on.</param>
    public TemporalWorkerServiceOptions(string taskQueue)
        : base(taskQueue)
    {
    }

    /// <summary>How the worker's own client connects; null to use the client among the services.</summary>
    public TemporalClientConnectOptions? ClientOptions { get; set; }

    /// <inheritdoc />
    public override object Clone()
    {
        var copy = (TemporalWorkerServiceOptions)base.Clone();
        copy.ClientOptions = (TemporalClientConnectOptions?)ClientOptions?.Clone();
        return copy;
    }
}
