namespace TemporalServer.Tests.Model;

/// <summary>A pending activity of a reference run.</summary>
public sealed class ModelActivity(ScheduleActivityTaskCommandAttributes options, ModelEvent scheduled)
{
    public ScheduleActivityTaskCommandAttributes Options => options;

    public string Id => options.ActivityId;

    public ModelEvent Scheduled => scheduled;

    public int Attempt { get; set; } = 1;

    public TimeSpan AttemptScheduledAt { get; set; } = scheduled.At;

    /// <summary>When a worker took this attempt; null while none has.</summary>
    public TimeSpan? StartedAt { get; set; }

    public TimeSpan? HeartbeatAt { get; set; }

    /// <summary>The end of the pause before this attempt.</summary>
    public TimeSpan? NextAttemptAt { get; set; }

    public bool CancelRequested { get; set; }

    public bool IsOnOffer => StartedAt is null && NextAttemptAt is null;

    public TimeSpan? Expires => scheduled.At + options.ScheduleToCloseTimeout?.ToTimeSpan();

    /// <summary>What is due when, by which timeout; null stands for the end of a pause between attempts.</summary>
    public IEnumerable<(TimeSpan Due, TimeoutType? Type)> Deadlines()
    {
        (TimeSpan? Due, TimeoutType? Type)[] all =
        [
            (Expires, TimeoutType.ScheduleToClose),
            (StartedAt is null ? NextAttemptAt : null, null),
            (IsOnOffer ? AttemptScheduledAt + options.ScheduleToStartTimeout?.ToTimeSpan() : null, TimeoutType.ScheduleToStart),
            (StartedAt + options.StartToCloseTimeout?.ToTimeSpan(), TimeoutType.StartToClose),
            ((HeartbeatAt ?? StartedAt) + options.HeartbeatTimeout?.ToTimeSpan(), TimeoutType.Heartbeat),
        ];
        return all.Where(d => d.Due is not null).Select(d => (d.Due!.Value, d.Type));
    }
}
