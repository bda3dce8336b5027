namespace CodingAgent.Agents;

/// <summary>Bounds of one call of the Runner; it ends at the turn boundary after either is reached.</summary>
/// <param name="Turns">Turns finished in this call.</param>
/// <param name="Time">Time spent in this call.</param>
public sealed record SegmentLimits(int Turns, TimeSpan Time)
{
    /// <summary>Ten turns or ten minutes: short enough that a lost worker costs little, long enough that histories stay small.</summary>
    public static SegmentLimits Default { get; } = new(10, TimeSpan.FromMinutes(10));

    /// <summary>No bounds.</summary>
    public static SegmentLimits None { get; } = new(int.MaxValue, TimeSpan.MaxValue);
}
