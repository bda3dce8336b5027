using System.Globalization;
using CodingAgent.BotHost.Configuration;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.OpenApi;

namespace CodingAgent.BotHost.Api;

/// <summary>The REST API of product.md §2: create, list, show and signal tasks, and read a pull request's composed description.</summary>
public static class TaskEndpoints
{
    /// <summary>Maps the API behind its keys: viewers read, operators act. Task ids hold slashes, so clients percent-encode them.</summary>
    public static void MapTaskApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("").Require(ApiRole.Viewer).AddEndpointFilter<ApiFailureFilter>().WithGroupName(ApiDocument.Name).WithTags(ApiDocument.Tasks);
        foreach (var status in (int[])[StatusCodes.Status401Unauthorized, StatusCodes.Status429TooManyRequests, StatusCodes.Status503ServiceUnavailable])
            api.ProducesProblem(status);
        const string Id = "Task id, e.g. `task/github:owner/name/issue/12`, percent-encoded: its slashes are `%2F`.";

        api.MapPost("/tasks", CreateAsync).Require(ApiRole.Operator)
            .WithName("createTask").WithSummary("Start a task from an issue or a goal.")
            .WithDescription("The forge is asked first whether it can work at all. The same request again, by its idempotency key or (a goal without one) by its content, starts nothing new and has the same answer.")
            .Takes(ParameterLocation.Header, "Idempotency-Key", "As `idempotencyKey` in the body; where both are given they are the same.", new OpenApiSchema { Type = JsonSchemaType.String, Pattern = TaskRequestReader.HeaderKeyPattern })
            .Takes<CreateTaskRequest>("What is to be done, and where.")
            .Produces<TaskAccepted>(StatusCodes.Status202Accepted).Answers(StatusCodes.Status202Accepted, "It begins, or is there already.", "Location", "Path of the task.")
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound, StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType, StatusCodes.Status422UnprocessableEntity);
        api.MapGet("/tasks", ListAsync)
            .WithName("listTasks").WithSummary("Tasks, the newest first.")
            .WithDescription("A parameter that is not known is refused, not left out; `parameter` in the answer names it.")
            .TakesListQuery()
            .Produces<IEnumerable<TaskResponse>>().Answers(StatusCodes.Status200OK, "A page of them, without plans, CI, checks and risks.", "Link", "`<...>; rel=\"next\"` where there are more: go on there.")
            .Refuses(StatusCodes.Status400BadRequest);
        api.MapGet("/tasks/{id}", async (string id, ITaskProjection tasks, CancellationToken ct) =>
                await FindAsync(id, tasks, ct) is { } task ? Results.Ok(TaskResponse.Whole(task)) : Unknown(id))
            .WithName("getTask").WithSummary("A task, with its plan and what is known of the work.").Names("id", Id)
            .Produces<TaskResponse>().Answers(StatusCodes.Status200OK, "The task.")
            .Refuses(StatusCodes.Status404NotFound);
        api.MapGet("/tasks/{id}/events", async (string id, HttpRequest http, ITaskProjection tasks, ITaskLog log, TimeProvider time, IHostApplicationLifetime lifetime, CancellationToken ct) =>
                await FindAsync(id, tasks, ct) is { } task ? await new TaskLogEndpoints(log, new TaskFollower(tasks, log, time, lifetime)).GetAsync(task, http, ct) : Unknown(id))
            .WithName("readTaskLog").WithSummary("A task's live log: a page of it, or a stream of events.")
            .WithDescription("To who accepts `text/event-stream`: what is there and then what comes, until the task has ended or a quarter of an hour is over.")
            .Names("id", Id)
            .Takes(ParameterLocation.Query, "after", "Only entries after this `seq`.", new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" })
            .Takes(ParameterLocation.Header, "Last-Event-ID", "As `after`, sent by who was cut off; it goes before.", new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" })
            .Produces<IEnumerable<TaskLogLine>>().Answers(StatusCodes.Status200OK, "Up to 500 entries; none where nothing follows yet.")
            .Streams("Server-sent events: named by the entry's `kind`, with its `seq` as id and the entry as data; `ping` where nothing comes for 15 seconds and `end` when the task has ended, both with `null` as data.")
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status404NotFound);
        api.MapPost("/tasks/{id}/signals/{signal}", SignalAsync).Require(ApiRole.Operator)
            .WithName("signalTask").WithSummary("Steer a task.")
            .WithDescription("`approve` takes `planHash`, `reject` needs `why`, `review` needs `text`, which may go with `approve` and `retry`, too; each may have an `idempotencyKey`. 409 where another plan waits than was named, or the task has ended.")
            .Names("id", Id).Names("signal", "What to tell it.", SignalRequestReader.Names)
            .Takes<SignalRequest>("What goes with it.", isOptional: true)
            .Produces<SignalAccepted>(StatusCodes.Status202Accepted).Answers(StatusCodes.Status202Accepted, "It was told.")
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound, StatusCodes.Status409Conflict, StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType);
        api.MapGet("/prs/{id}", PullAsync)
            .WithTags(ApiDocument.Pulls).WithName("getPullRequest").WithSummary("A pull request of a task, as the forge has it now.")
            .Names("id", "Its id, e.g. `github:owner/name#34` or `gitlab:group/name!34`, percent-encoded: `#` is `%23`.")
            .Produces<PullResponse>().Answers(StatusCodes.Status200OK, "The pull request, and its task.")
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status404NotFound);
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

        return Results.Accepted($"/tasks/{Uri.EscapeDataString(input.Id.ToString())}", new TaskAccepted(input.Id.ToString(), input.Id.ToString()));
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

    private static async Task<IResult> SignalAsync(string id, string signal, HttpRequest http, TaskSteering steering, CancellationToken ct)
    {
        if (!TaskId.TryParse(Uri.UnescapeDataString(id), out var asked))
            return Unknown(id);
        var (request, refusal) = await JsonBody.ReadAsync<SignalRequest>(http);
        if (request is null)
            return refusal!;
        return await steering.SteerAsync(asked, signal, request, ApiActor.Of(http.HttpContext.User), ct) switch
        {
            { Refusal: null } told => Results.Accepted(value: new SignalAccepted(told.Id.ToString(), signal)),
            { Status: StatusCodes.Status404NotFound } => Unknown(id),
            var refused => Results.Problem(refused.Refusal, statusCode: refused.Status),
        };
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
        // Description and risk notes are composed in the body, which is the one place where people read them.
        return Results.Ok(new PullResponse(
            $"{repo}{ForgeTerms.Of(repo).PullSign}{number}", taskId.ToString(), pull.Title, pull.Body, pull.IsDraft, pull.IsOpen, pull.IsMerged, pull.Head.Sha, pull.WebUrl,
            task is null ? null : TaskResponse.Whole(task)));
    }

    // Kestrel leaves %2F in route values as it is, so that a slash inside an id is not a path separator.
    private static async Task<TaskSummary?> FindAsync(string id, ITaskProjection tasks, CancellationToken ct) =>
        TaskId.TryParse(Uri.UnescapeDataString(id), out var taskId) ? await tasks.FindAsync(taskId, ct) : null;

    private static IResult Bad(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    private static IResult Unknown(string id) =>
        Results.Problem($"There is no task '{ApiText.Shown(Uri.UnescapeDataString(id))}'; ids look like task/github:owner/name/issue/12, percent-encoded in the path.", statusCode: StatusCodes.Status404NotFound);
}
