using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Api;

/// <summary>
/// The live log of a task: a page of it as JSON, or, to who accepts <c>text/event-stream</c>, what is there and then what comes, until the task has ended.
/// Both go on after <c>?after=</c>; a stream that was cut goes on after <c>Last-Event-ID</c>.
/// </summary>
internal sealed class TaskLogEndpoints(ITaskProjection tasks, ITaskLog log, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int MostRows = 500;

    // Other processes write too, so that nothing here can ring a bell.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    // A key that was revoked meanwhile reads on no longer than this: who follows comes again with it.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    // Proxies give up on connections that are silent for a minute or so.
    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(15);

    public async Task<IResult> GetAsync(TaskSummary task, HttpRequest request, CancellationToken cancellationToken)
    {
        var from = request.Headers["Last-Event-ID"] is [{ Length: > 0 } last] ? last : request.Query["after"] is [{ Length: > 0 } query] ? query : "0";
        if (!long.TryParse(from, System.Globalization.NumberStyles.None, null, out var after))
            return Results.Problem($"'{ApiText.Shown(from)}' is no number of an entry: go on after the seq (the event's id) that you have seen last.", statusCode: StatusCodes.Status400BadRequest);
        return request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
            ? TypedResults.ServerSentEvents(FollowAsync(task.Id, after, cancellationToken))
            : Results.Ok((await log.ReadAsync(task.Id, after, MostRows, cancellationToken)).Select(TaskLogLine.From));
    }

    private async IAsyncEnumerable<SseItem<TaskLogLine?>> FollowAsync(TaskId task, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var began = time.GetTimestamp();
        var told = began;
        while (!ending.IsCancellationRequested && time.GetElapsedTime(began) < Longest)
        {
            // Asked first: what belongs to the end is in the log before it.
            var hasEnded = (await tasks.FindAsync(task, cancellationToken))?.State.IsOver() == true;
            var rows = await log.ReadAsync(task, after, MostRows, cancellationToken);
            foreach (var row in rows)
            {
                yield return new SseItem<TaskLogLine?>(TaskLogLine.From(row), TaskLogLine.NameOf(row.Entry.Kind)) { EventId = $"{after = row.Seq}" };
                told = time.GetTimestamp();
            }

            if (rows.Count == MostRows)
                continue;
            if (hasEnded)
            {
                yield return new SseItem<TaskLogLine?>(null, "end");
                yield break;
            }

            if (time.GetElapsedTime(told) >= Ping)
            {
                yield return new SseItem<TaskLogLine?>(null, "ping");
                told = time.GetTimestamp();
            }

            await Task.Delay(LookAgain, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
