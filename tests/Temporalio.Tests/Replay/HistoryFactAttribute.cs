namespace Temporalio.Tests.Replay;

/// <summary>A test that needs the recorded histories.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HistoryFactAttribute : FactAttribute
{
    public HistoryFactAttribute()
    {
        if (!Directory.Exists(Histories.Folder))
        {
            Skip = $"No recorded histories at {Histories.Folder}; set TEMPORAL_HISTORIES to their folder.";
        }
    }
}
