using System.Text.Json.Nodes;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace CodingAgent.BotHost.Commands;

/// <summary>
/// <c>task watch</c>: a task until it has ended. Drawn in place on a terminal; else a line whenever something happens, or the whole task as JSON
/// whenever it has changed.
/// </summary>
/// <param name="client">The service.</param>
/// <param name="path">Path of the task.</param>
internal sealed class TaskWatch(RestClient client, string path)
{
    private const int MostSteps = 8;
    private const int FewestEntries = 3;
    private const int MostEntries = 30;

    // The log says when something happened; a look without it is for what it does not tell, such as CI.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(5);

    private readonly Queue<string> _entries = [];

    /// <summary>Watches it to its end.</summary>
    /// <param name="asJson">For programs.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    /// <returns>How the program ends.</returns>
    /// <exception cref="RestFailureException">It was refused, nobody answered, or the connection was cut again and again.</exception>
    public async Task<int> RunAsync(bool asJson, CancellationToken cancellationToken)
    {
        var first = await client.ReadTaskAsync(path, cancellationToken);
        TaskView last;
        if (asJson)
            last = await FollowAsync(first, _ => { }, Changed(task => Console.WriteLine(task.ToJsonString())), cancellationToken);
        else if (!Terminal.IsLive)
            last = await FollowAsync(first, entry => Console.WriteLine(LogWords.Of(entry)), Told(), cancellationToken);
        else
            last = await DrawAsync(first, cancellationToken);
        if (!asJson && !Terminal.IsLive)
            Console.WriteLine($"Ended as {last.Status}. {last.Cost}.");
        return last.HasFailed ? ExitCodes.EndedBadly : ExitCodes.Done;
    }

    private async Task<TaskView> FollowAsync(JsonObject first, Action<JsonObject> told, Action<JsonObject> seen, CancellationToken cancellationToken)
    {
        seen(first);
        var (task, looked, isNew) = (first, TimeProvider.System.GetTimestamp(), false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var entries = client.ReadLogAsync($"{path}/events", follow: true, stop.Token).GetAsyncEnumerator(stop.Token);
        var next = entries.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                await Task.WhenAny(next, Task.Delay(Tick, cancellationToken));
                while (next.IsCompletedSuccessfully && next.Result)
                {
                    told(entries.Current);
                    isNew = true;
                    next = entries.MoveNextAsync().AsTask();
                }

                var hasEnded = next.IsCompleted && !await next;
                cancellationToken.ThrowIfCancellationRequested();
                if (!hasEnded && !isNew && TimeProvider.System.GetElapsedTime(looked) < LookAnyway)
                    continue;
                try
                {
                    task = await client.ReadTaskAsync(path, cancellationToken);
                }
                catch (RestFailureException e) when (e.ExitCode == ExitCodes.Away && !hasEnded)
                {
                    // The log comes back, or gives up.
                }

                (looked, isNew) = (TimeProvider.System.GetTimestamp(), false);
                seen(task);
                if (hasEnded)
                    return new TaskView(task);
            }
        }
        finally
        {
            // What is read may not be disposed under its reader.
            await stop.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<TaskView> DrawAsync(JsonObject first, CancellationToken cancellationToken)
    {
        var console = Terminal.NewConsole();
        try
        {
            return await console.Live(Text.Empty).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom).StartAsync(live =>
            {
                var task = first;
                void Draw() => live.UpdateTarget(Picture(new TaskView(task), console.Profile.Width, console.Profile.Height));
                return FollowAsync(
                    first,
                    entry =>
                    {
                        _entries.Enqueue(LogWords.Of(entry));
                        if (_entries.Count > MostEntries)
                            _entries.Dequeue();
                        Draw();
                    },
                    seen =>
                    {
                        task = seen;
                        Draw();
                    },
                    cancellationToken);
            });
        }
        catch (OperationCanceledException)
        {
            // The shell goes on below what was drawn.
            console.WriteLine();
            throw;
        }
    }

    private Rows Picture(TaskView task, int width, int height)
    {
        var lines = new List<(string Words, Style Style)>();
        foreach (var (name, words) in task.Facts())
            lines.Add(($"{name,-12}  {words}", name switch { "title" => new Style(decoration: Decoration.Bold), "state" => StyleOf(task), "approve" or "reject" => new Style(Color.Yellow), _ => Style.Plain }));
        var steps = task.PlanSteps().ToArray();
        lines.AddRange(steps.Take(MostSteps).Select(s => ($"  - {s}", Style.Plain)));
        if (steps.Length > MostSteps)
            lines.Add(($"  … and {steps.Length - MostSteps} more", Style.Plain));
        lines.Add(("", Style.Plain));
        // Where there is no room for all, it is for the beginning and for what happened last.
        var room = Math.Max(1, height - 1);
        var entries = _entries.TakeLast(Math.Max(room - lines.Count, Math.Min(FewestEntries, room / 3))).Select(e => (e, new Style(decoration: Decoration.Dim))).ToArray();
        return new Rows(lines.Take(room - entries.Length).Concat(entries).Select(l => (IRenderable)new Text(Terminal.Cut(l.Item1, width), l.Item2)));
    }

    private static Style StyleOf(TaskView task) =>
        new(task.HasFailed ? Color.Red : task.State is "AwaitingApproval" or "AwaitingReview" or "ReadyToMerge" ? Color.Yellow : task.HasEnded ? Color.Green : Color.Aqua, decoration: Decoration.Bold);

    // What the log does not tell, once each.
    private static Action<JsonObject> Told()
    {
        var said = new HashSet<string>(StringComparer.Ordinal);
        return task =>
        {
            var view = new TaskView(task);
            foreach (var (name, words) in view.Facts().Where(f => f.Name is "task" or "title" or "plan" or "approve" or "reject" or "pull request" or "ci" or "part" or "warning"))
            {
                if (said.Add($"{name} {words}"))
                    Console.WriteLine($"{name}: {words}");
            }
        };
    }

    private static Action<JsonObject> Changed(Action<JsonObject> print)
    {
        var last = "";
        return task =>
        {
            if (task.ToJsonString() is var now && now == last)
                return;
            last = now;
            print(task);
        };
    }
}
