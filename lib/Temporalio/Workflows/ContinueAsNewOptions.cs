using Temporalio.Common;

namespace Temporalio.Workflows;

/// <summary>What changes for the run that goes on; null keeps what is.</summary>
public class ContinueAsNewOptions : ICloneable
{
    /// <summary>Queue to run on.</summary>
    public string? TaskQueue { get; set; }

    /// <summary>Longest time of the run.</summary>
    public TimeSpan? RunTimeout { get; set; }

    /// <summary>Longest time of one workflow task.</summary>
    public TimeSpan? TaskTimeout { get; set; }

    /// <summary>Delay before the run's first task.</summary>
    public TimeSpan? BackoffStartInterval { get; set; }

    /// <summary>How failed runs are retried.</summary>
    public RetryPolicy? RetryPolicy { get; set; }

    /// <summary>Values shown with the workflow.</summary>
    public IReadOnlyDictionary<string, object>? Memo { get; set; }

    /// <summary>Values the workflow can be found by.</summary>
    public SearchAttributeCollection? TypedSearchAttributes { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
