using CodingAgent.Forges;
using CodingAgent.Workflows.CodingTask;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.BotHost.Api;

/// <summary>The REST API of product.md §2: create, list, show and signal tasks, and read a pull request's composed description.</summary>
public static class TaskEndpoints
{
    private const int MaxListed = 200;

    /// <summary>Maps the API behind its key. Task ids hold slashes, so clients percent-encode them.</summary>
    public static void MapTaskApi(this IEndpointRouteBuilder routes, string apiKey)
    {
        var api = routes.MapGroup("").AddEndpointFilter(new ApiKeyFilter(apiKey));
        api.MapPost("/tasks", CreateAsync);
        api.MapGet("/tasks", async (ITaskProjection tasks, CancellationToken ct) =>
            Results.Ok((await tasks.ListAsync(MaxListed, ct)).Select(TaskResponse.From)));
        api.MapGet("/tasks/{id}", async (string id, ITaskProjection tasks, CancellationToken ct) =>
            await FindAsync(id, tasks, ct) is { } task ? Results.Ok(TaskResponse.From(task)) : Unknown(id));
        api.MapPost("/tasks/{id}/signals/{signal}", SignalAsync);
        api.MapGet("/prs/{id}", PullAsync);
    }

    private static async Task<IResult> CreateAsync(
        CreateTaskRequest request, ITaskProjection tasks, ITaskGateway gateway, TimeProvider time, CancellationToken ct)
    {
        var (input, error) = TaskRequestReader.Read(request, time.GetUtcNow());
        if (input is null)
            return Bad(error!);
        // A running task drops the repeat by its delivery id; one that has ended must not be started anew by it.
        var isRepeat = input.Id.Kind == TaskAnchor.Goal && request.IdempotencyKey is not null && await tasks.FindAsync(input.Id, ct) is not null;
        if (!isRepeat)
        {
            var command = new CodingTaskSignal.CommandGiven(input.DeliveryId, input.RequestedBy.Login, input.RequestedAt, new AgentCommand.Implement(), null);
            await gateway.StartAsync(input, command, ct);
        }

        return Results.Accepted($"/tasks/{Uri.EscapeDataString(input.Id.ToString())}", new { id = input.Id.ToString(), workflowId = input.Id.ToString() });
    }

    private static async Task<IResult> SignalAsync(
        string id, string signal, SignalRequest request, ITaskProjection tasks, ITaskGateway gateway, TimeProvider time, CancellationToken ct)
    {
        if (await FindAsync(id, tasks, ct) is not { } task)
            return Unknown(id);
        var delivery = $"rest:{request.IdempotencyKey ?? Guid.NewGuid().ToString("N")}";
        var (actor, now) = (ApiActor.Value.Login, time.GetUtcNow());
        CodingTaskSignal Command(AgentCommand command) => new CodingTaskSignal.CommandGiven(delivery, actor, now, command, null);
        CodingTaskSignal? message = signal switch
        {
            "approve" => Command(new AgentCommand.Approve(request.PlanHash)),
            "reject" when !string.IsNullOrWhiteSpace(request.Why) => Command(new AgentCommand.Reject(request.Why)),
            "stop" => Command(new AgentCommand.Stop()),
            "review" when !string.IsNullOrWhiteSpace(request.Text) => new CodingTaskSignal.CommentWritten(delivery, actor, now, 0, request.Text),
            _ => null,
        };
        if (message is null)
        {
            return signal switch
            {
                "reject" => Bad("reject needs 'why'."),
                "review" => Bad("review needs 'text'."),
                _ => Bad($"'{signal}' is not a signal; it is one of approve, reject, review, stop."),
            };
        }

        // The last words come a moment before the end; only a stop may still matter then, to a run that was just started anew.
        var isLate = signal != "stop" && task.State is (TaskState.Merged or TaskState.Closed or TaskState.Stopped or TaskState.Failed);
        return !isLate && await gateway.SignalAsync(task.Id, message, ct)
            ? Results.Accepted(value: new { id = task.Id.ToString(), signal })
            : Results.Problem($"The task has ended ({task.State}); start it again with a new request.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> PullAsync(string id, ILinkStore links, IForge forge, ITaskProjection tasks, CancellationToken ct)
    {
        var text = Uri.UnescapeDataString(id);
        var hash = text.LastIndexOf('#');
        if (hash < 0 || !RepoRef.TryParse(text[..hash], out var repo) || !int.TryParse(text[(hash + 1)..], out var number))
            return Bad($"'{text}' is not a pull request; write it as github:owner/name#34 (percent-encoded in the path).");
        if (await links.FindByPullAsync(repo, number, ct) is not { } taskId)
            return Results.Problem($"No task owns pull request {text}.", statusCode: StatusCodes.Status404NotFound);
        var pull = await forge.GetPullAsync(repo, number, ct);
        var task = await tasks.FindAsync(taskId, ct);
        return Results.Ok(new
        {
            id = $"{repo}#{number}",
            taskId = taskId.ToString(),
            title = pull.Title,
            // Description and risk notes are composed in the body, which is the one place where people read them.
            description = pull.Body,
            draft = pull.IsDraft,
            open = pull.IsOpen,
            merged = pull.IsMerged,
            headSha = pull.Head.Sha,
            url = pull.WebUrl,
            task = task is null ? null : TaskResponse.From(task),
        });
    }

    // Kestrel leaves %2F in route values as it is, so that a slash inside an id is not a path separator.
    private static async Task<TaskSummary?> FindAsync(string id, ITaskProjection tasks, CancellationToken ct) =>
        TaskId.TryParse(Uri.UnescapeDataString(id), out var taskId) ? await tasks.FindAsync(taskId, ct) : null;

    private static IResult Bad(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    private static IResult Unknown(string id) =>
        Results.Problem($"There is no task '{Uri.UnescapeDataString(id)}'; ids look like task/github:owner/name/issue/12, percent-encoded in the path.", statusCode: StatusCodes.Status404NotFound);
}
