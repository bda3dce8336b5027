namespace TemporalServer.Tests.Model;

/// <summary>The pending workflow task of a reference run.</summary>
public sealed class ModelTask
{
    public int Attempt { get; set; } = 1;

    /// <summary>Its event; for a later attempt it is written only when the attempt succeeds.</summary>
    public required ModelEvent Scheduled { get; set; }

    public ModelEvent? Started { get; set; }

    /// <summary>The end of a pause between attempts; null when a worker may have it.</summary>
    public TimeSpan? VisibleAt { get; set; }
}
