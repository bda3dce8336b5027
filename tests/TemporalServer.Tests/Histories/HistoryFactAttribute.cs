namespace TemporalServer.Tests.Histories;

/// <summary>A test that needs the recorded histories.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HistoryFactAttribute : FactAttribute
{
    public HistoryFactAttribute() => Skip = RecordedHistories.WhyAbsent;
}
