namespace TemporalServer.Tests.Model;

/// <summary>Turns numbers into commands that a worker could issue with what it has seen, and now and then one it could not.</summary>
public sealed class CommandChooser(ReferenceRun model, Func<string> newName)
{
    /// <summary>Commands; one that closes the run is the last.</summary>
    public IReadOnlyList<Command> Choose(IEnumerable<int> choices)
    {
        var timers = model.TimersInView.ToList();
        var activities = model.ActivitiesInView.ToList();
        var commands = new List<Command>();
        foreach (var choice in choices)
        {
            switch (choice % 24)
            {
                case < 6 and var option:
                    commands.Add(Do.Activity(newName(), a => Options(a, option)));
                    break;
                case < 10 and var option:
                    commands.Add(Do.Timer(newName(), 0.5 + (option - 6) * 7));
                    break;
                case < 14 when timers.Count > 0:
                    commands.Add(Do.CancelTimer(timers[choice % timers.Count]));
                    timers.RemoveAt(choice % timers.Count);
                    break;
                case < 18 when activities.Count > 0:
                    commands.Add(Do.CancelActivity(activities[choice % activities.Count]));
                    activities.RemoveAt(choice % activities.Count);
                    break;
                case 18:
                    commands.Add(Do.Marker("m"));
                    break;
                case 19:
                    commands.Add(Do.CancelTimer("nobody's"));
                    break;
                case 20:
                    return [.. commands, Do.Complete()];
                case 21:
                    return [.. commands, Do.Fail()];
                case 22:
                    return [.. commands, Do.Cancel()];
                case 23:
                    return [.. commands, Do.ContinueAsNew("next")];
            }
        }

        return commands;
    }

    private static void Options(ScheduleActivityTaskCommandAttributes a, int option)
    {
        switch (option % 4)
        {
            case 0:
                a.StartToCloseTimeout = Do.Seconds(20);
                a.HeartbeatTimeout = Do.Seconds(4);
                break;
            case 1:
                a.StartToCloseTimeout = null;
                a.ScheduleToCloseTimeout = Do.Seconds(30);
                break;
            case 2:
                a.ScheduleToStartTimeout = Do.Seconds(8);
                a.RetryPolicy = new() { MaximumAttempts = 2 };
                break;
        }
    }
}
