using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Api;

/// <summary>
/// The live log of a task: a page of it as JSON, or, to who accepts <c>text/event-stream</c>, what is there and then what comes, until the task has ended.
/// Both go on after <c>?after=</c>; a stream that was cut goes on after <c>Last-Event-ID</c>.
/// </summary>
internal sealed class TaskLogEndpoints(ITaskLog log, TaskFollower follower)
{
    public async Task<IResult> GetAsync(TaskSummary task, HttpRequest request, CancellationToken cancellationToken)
    {
        if (AfterOf(request, out var from) is not { } after)
            return Results.Problem($"'{ApiText.Shown(from)}' is no number of an entry: go on after the seq (the event's id) that you have seen last.", statusCode: StatusCodes.Status400BadRequest);
        return request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
            ? TypedResults.ServerSentEvents(FollowAsync(task.Id, after, cancellationToken))
            : Results.Ok((await log.ReadAsync(task.Id, after, TaskFollower.MostRows, cancellationToken)).Select(TaskLogLine.From));
    }

    /// <summary>The entry that a reader goes on after; null when what it says is no number.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="given">What it says.</param>
    public static long? AfterOf(HttpRequest request, out string given)
    {
        given = request.Headers["Last-Event-ID"] is [{ Length: > 0 } last] ? last : request.Query["after"] is [{ Length: > 0 } query] ? query : "0";
        return long.TryParse(given, System.Globalization.NumberStyles.None, null, out var after) ? after : null;
    }

    private async IAsyncEnumerable<SseItem<TaskLogLine?>> FollowAsync(TaskId task, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var seen in follower.FollowAsync(task, after, cancellationToken))
        {
            switch (seen)
            {
                case TaskFollower.Seen.Entry { Row: var row }:
                    yield return new SseItem<TaskLogLine?>(TaskLogLine.From(row), TaskLogLine.NameOf(row.Entry.Kind)) { EventId = $"{row.Seq}" };
                    break;
                case TaskFollower.Seen.Nothing:
                    yield return new SseItem<TaskLogLine?>(null, "ping");
                    break;
                case TaskFollower.Seen.Ended:
                    yield return new SseItem<TaskLogLine?>(null, "end");
                    break;
            }
        }
    }
}
