namespace Temporalio.Tests.Replay;

/// <summary>A test that needs the recorded histories.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HistoryFactAttribute : FactAttribute
{
    public HistoryFactAttribute() => Skip = Histories.WhyAbsent;
}
