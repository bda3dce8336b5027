using System.Globalization;
using CodingAgent.BotHost.Configuration;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Api;

/// <summary>The REST API of product.md §2: create, list, show and signal tasks, and read a pull request's composed description.</summary>
public static class TaskEndpoints
{
    /// <summary>Maps the API behind its keys: viewers read, operators act. Task ids hold slashes, so clients percent-encode them.</summary>
    public static void MapTaskApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("").Require(ApiRole.Viewer).AddEndpointFilter<ApiFailureFilter>();
        api.MapPost("/tasks", CreateAsync).Require(ApiRole.Operator);
        api.MapGet("/tasks", ListAsync);
        api.MapGet("/tasks/{id}", async (string id, ITaskProjection tasks, CancellationToken ct) =>
            await FindAsync(id, tasks, ct) is { } task ? Results.Ok(TaskResponse.Whole(task)) : Unknown(id));
        api.MapGet("/tasks/{id}/events", async (string id, HttpRequest http, ITaskProjection tasks, ITaskLog log, TimeProvider time, IHostApplicationLifetime lifetime, CancellationToken ct) =>
            await FindAsync(id, tasks, ct) is { } task ? await new TaskLogEndpoints(tasks, log, time, lifetime).GetAsync(task, http, ct) : Unknown(id));
        api.MapPost("/tasks/{id}/signals/{signal}", SignalAsync).Require(ApiRole.Operator);
        api.MapGet("/prs/{id}", PullAsync);
    }

    private static async Task<IResult> CreateAsync(
        HttpRequest http, ApiSettings settings, ServedRepositories served, TaskAdmission admission, ITaskGateway gateway, ITaskProjection tasks, TimeProvider time, CancellationToken ct)
    {
        var (request, refusal) = await JsonBody.ReadAsync<CreateTaskRequest>(http);
        if (request is null)
            return refusal!;
        // As an HTTP field too, as many clients send it; draft-ietf-httpapi-idempotency-key-header has it as a string in quotes.
        var keys = http.Headers["Idempotency-Key"];
        if (keys.Count > 0)
        {
            var key = keys.Count == 1 ? keys[0]!.Trim() : "";
            key = key is ['"', .. var quoted, '"'] ? quoted : key;
            if (!TaskRequestReader.IsKey(key))
                return Bad($"The header Idempotency-Key is given once; it and {TaskRequestReader.KeyRule}");
            if (request.IdempotencyKey is { } inBody && inBody != key)
                return Bad("The header Idempotency-Key and idempotencyKey in the body differ: send one of them, or the same in both.");
            request = request with { IdempotencyKey = key };
        }

        var (input, error) = TaskRequestReader.Read(request, ApiActor.Of(http.HttpContext.User), settings.TicketHosts, served.Usual, time.GetUtcNow());
        if (input is null)
            return Bad(error!);
        // A goal's key is its id, so that even the repeat of a request whose task has ended can be told from a new one. What is there was admitted.
        var isRepeat = request is { Goal: not null, IdempotencyKey: not null } && await tasks.FindAsync(input.Id, ct) is not null;
        if (!isRepeat)
        {
            // The id of a task holds the repository's name, and workflow ids tell letter case apart: the forge's own spelling is the one.
            var (admitted, status, why) = await admission.AdmitAsync(input, input.Issue is null ? null : request.TicketUrl, ct);
            if (admitted is null)
                return Results.Problem(why, statusCode: status);
            input = admitted;
            var command = new CodingTaskSignal.CommandGiven(input.DeliveryId, input.RequestedBy.Login, input.RequestedAt, CommandParser.Begin(FlowList.Of(input.Kind).Verb), null) { FromRest = true };
            await gateway.StartAsync(input, command, ct);
        }

        return Results.Accepted($"/tasks/{Uri.EscapeDataString(input.Id.ToString())}", new { id = input.Id.ToString(), workflowId = input.Id.ToString() });
    }

    private static async Task<IResult> ListAsync(HttpRequest http, ServedRepositories served, ITaskProjection tasks, CancellationToken ct)
    {
        var (query, error) = TaskListReader.Read(http.Query, served.Usual);
        if (query is null)
            return Results.Problem(error!.Detail, statusCode: StatusCodes.Status400BadRequest, extensions: new Dictionary<string, object?> { ["parameter"] = error.Parameter });
        // One more than is shown tells whether there is a next page.
        var found = await tasks.ListAsync(query with { Limit = query.Limit + 1 }, ct);
        if (found.Count > query.Limit)
            http.HttpContext.Response.Headers.Link = $"<{http.PathBase}{http.Path}{TaskListReader.Next(http.Query, found[query.Limit - 1])}>; rel=\"next\"";
        return Results.Ok(found.Take(query.Limit).Select(TaskResponse.From));
    }

    private static async Task<IResult> SignalAsync(
        string id, string signal, HttpRequest http, ITaskProjection tasks, ITaskGateway gateway, TimeProvider time, CancellationToken ct)
    {
        if (!TaskId.TryParse(Uri.UnescapeDataString(id), out var asked))
            return Unknown(id);
        var (request, refusal) = await JsonBody.ReadAsync<SignalRequest>(http);
        if (request is null)
            return refusal!;
        var (message, error) = SignalRequestReader.Read(signal, request, ApiActor.Of(http.HttpContext.User), time.GetUtcNow(), $"{Guid.NewGuid():N}");
        if (message is null)
            return Bad(error!);

        // A task that was just created may run before it is listed; one that is listed has its id spelt as the workflow's.
        var task = await tasks.FindAsync(asked, ct);
        // Signed as what it is: an approval of the very plan that waits as it arrives.
        if (message is CodingTaskSignal.CommandGiven { Command: AgentCommand.Approve { PlanHash: null } } approval && task is { State: TaskState.AwaitingApproval, Plan.Hash: var waiting })
            message = approval with { Command = new AgentCommand.Approve(waiting) };
        // Told at once, for a goal has no page where the task could answer. A call that an agent waits to make, which has such a hash too, is
        // waited for in other states.
        if (message is CodingTaskSignal.CommandGiven { Command: AgentCommand.Approve { PlanHash: { } named } }
            && task is { State: TaskState.AwaitingApproval, Plan: { ApprovedBy: null, Hash: var current } } && named.Length == current.Length && named != current)
        {
            return Results.Problem($"Plan {named} does not wait for approval; the current plan is {current}. Read it and answer again.", statusCode: StatusCodes.Status409Conflict);
        }

        // The last words come a moment before the end; only a stop may still matter then, to a run that was just started anew.
        var isLate = signal != "stop" && task?.State.IsOver() == true;
        if (!isLate && await gateway.SignalAsync(task?.Id ?? asked, message, ct))
            return Results.Accepted(value: new { id = (task?.Id ?? asked).ToString(), signal });
        return task is null
            ? Unknown(id)
            : Results.Problem($"The task has ended ({task.State}); start it again with a new request.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> PullAsync(string id, ILinkStore links, IForge forge, ITaskProjection tasks, CancellationToken ct)
    {
        var text = Uri.UnescapeDataString(id);
        var hash = text.LastIndexOfAny(['#', '!']);
        if (hash < 0 || !RepoRef.TryParse(text[..hash], out var repo) || !int.TryParse(text[(hash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            return Bad($"'{ApiText.Shown(text)}' is not a pull request; write it as github:owner/name#34 or gitlab:group/name!34 (percent-encoded in the path).");
        if (await links.FindByPullAsync(repo, number, ct) is not { } taskId)
            return Results.Problem($"No task owns {text}.", statusCode: StatusCodes.Status404NotFound);
        var pull = await forge.GetPullAsync(repo, number, ct);
        var task = await tasks.FindAsync(taskId, ct);
        return Results.Ok(new
        {
            id = $"{repo}{ForgeTerms.Of(repo).PullSign}{number}",
            taskId = taskId.ToString(),
            title = pull.Title,
            // Description and risk notes are composed in the body, which is the one place where people read them.
            description = pull.Body,
            draft = pull.IsDraft,
            open = pull.IsOpen,
            merged = pull.IsMerged,
            headSha = pull.Head.Sha,
            url = pull.WebUrl,
            task = task is null ? null : TaskResponse.Whole(task),
        });
    }

    // Kestrel leaves %2F in route values as it is, so that a slash inside an id is not a path separator.
    private static async Task<TaskSummary?> FindAsync(string id, ITaskProjection tasks, CancellationToken ct) =>
        TaskId.TryParse(Uri.UnescapeDataString(id), out var taskId) ? await tasks.FindAsync(taskId, ct) : null;

    private static IResult Bad(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    private static IResult Unknown(string id) =>
        Results.Problem($"There is no task '{ApiText.Shown(Uri.UnescapeDataString(id))}'; ids look like task/github:owner/name/issue/12, percent-encoded in the path.", statusCode: StatusCodes.Status404NotFound);
}
