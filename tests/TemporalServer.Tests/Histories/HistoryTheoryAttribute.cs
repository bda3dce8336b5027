namespace TemporalServer.Tests.Histories;

/// <summary>A theory that needs the recorded histories.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HistoryTheoryAttribute : TheoryAttribute
{
    public HistoryTheoryAttribute() => Skip = RecordedHistories.WhyAbsent;
}
