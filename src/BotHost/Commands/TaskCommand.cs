using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;
using Spectre.Console;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent task create|list|show|watch|logs|review|approve|reject|retry|finish|stop</c>: the REST API from a terminal.</summary>
internal static class TaskCommand
{
    private const string UrlVariable = "CODINGAGENT_URL";
    private const string KeyVariable = "CODINGAGENT_API_KEY";
    private const string HereUrl = "http://127.0.0.1:8080";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // What comes from the environment is no default value here: help prints those, and both may hold secrets.
    private static readonly Option<string?> Url = new("--url") { Description = $"Address of the service; else {UrlVariable} is read. Default {HereUrl}.", Recursive = true };

    private static readonly Option<string?> Key = new("--api-key")
    {
        Description = $"An API key of the service; else {KeyVariable} is read (better: arguments show in process lists).",
        Recursive = true,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "The API's own JSON, for programs; of logs and watch one object a line.", Recursive = true };

    private static readonly Argument<string?> Id = new("id") { Description = "Task id, e.g. task/github:owner/name/issue/12; 'task list' shows them.", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string?> Idempotency = new("--idempotency-key") { Description = "Repeating a request with the same key does nothing new." };

    public static Command Create()
    {
        var command = new Command("task", "Create, list, show, watch and steer tasks of a running service. Exit codes: 0 done, 1 refused, 2 wrong use, 3 no answer, 4 key refused, 5 no such task, 6 conflict, 7 the watched task failed.")
        {
            Url, Key, Json, CreateOne(), List(), Show(), Watch(), Logs(),
        };
        var hash = new Option<string?>("--plan") { Description = "Approve only this plan hash." };
        var approve = new Command("approve", "Approve the plan.") { Id, hash, Idempotency };
        approve.SetAction((parsed, ct) => SignalAsync(parsed, "approve", new JsonObject { ["planHash"] = parsed.GetValue(hash) }, ct));
        command.Add(approve);
        command.Add(WithText("reject", "Reject the plan; it is made anew with the reason in mind.", "why", "What is wrong with the plan; - reads it from standard input."));
        command.Add(WithText("review", "Remarks for the next turn, as a review has them.", "text", "The remarks; - reads them from standard input."));
        foreach (var (name, description) in new[]
        {
            ("retry", "Try again what the task waits with: its last attempt failed, or CI is red."),
            ("finish", "End with what is there: published as a draft if it passes the gates."),
            ("stop", "Stop at the next turn boundary; the branch stays."),
        })
        {
            var signal = new Command(name, description) { Id, Idempotency };
            signal.SetAction((parsed, ct) => SignalAsync(parsed, name, [], ct));
            command.Add(signal);
        }

        return command;
    }

    private static Command CreateOne()
    {
        var job = new Option<string?>("--job") { Description = "implement (default), plan, fix, upgrade or refactor." };
        job.CompletionSources.Add("implement", "plan", "fix", "upgrade", "refactor");
        var words = new Option<string?>("--words") { Description = "What would be written after /agent VERB, e.g. \"lodash to 4.17.21\"." };
        var repo = new Argument<string>("repo") { Description = "owner/name, or with its forge as gitlab:group/name." };
        var ticket = new Option<string?>("--ticket") { Description = "Address of an issue of the repository." };
        var goal = new Option<string?>("--goal") { Description = "What to achieve, when there is no issue; - reads it from standard input." };
        var branch = new Option<string?>("--base") { Description = "Branch to base the work on." };
        var accept = new Option<string[]>("--accept") { Description = "Acceptance criterion; may be repeated." };
        var constraint = new Option<string[]>("--constraint") { Description = "What must stay true; may be repeated." };
        var watch = new Option<bool>("--watch") { Description = "Then watch it, as 'task watch' does." };
        var create = new Command("create", "Start a task from an issue or a goal; prints its id.") { repo, job, words, ticket, goal, branch, accept, constraint, Idempotency, watch };
        create.SetAction((parsed, ct) => AskAsync(parsed, async (client, stop) =>
        {
            var (answer, _) = await client.SendAsync<JsonObject>(
                HttpMethod.Post,
                "tasks",
                new JsonObject
                {
                    ["repo"] = parsed.GetValue(repo),
                    ["job"] = parsed.GetValue(job),
                    ["words"] = parsed.GetValue(words),
                    ["ticketUrl"] = parsed.GetValue(ticket),
                    ["goal"] = await TextAsync(parsed.GetValue(goal), stop),
                    ["baseBranch"] = parsed.GetValue(branch),
                    ["acceptanceCriteria"] = ArrayOf(parsed.GetValue(accept)),
                    ["constraints"] = ArrayOf(parsed.GetValue(constraint)),
                    ["idempotencyKey"] = parsed.GetValue(Idempotency),
                },
                stop);
            var id = new TaskView(answer).Id;
            // One object a line where more follow.
            Console.WriteLine(parsed.GetValue(Json) ? answer.ToJsonString(parsed.GetValue(watch) ? null : Indented) : id);
            return parsed.GetValue(watch) ? await WatchAsync(client, id, parsed.GetValue(Json), stop) : ExitCodes.Done;
        }, ct));
        return create;
    }

    private static Command List()
    {
        var filters = new (string Parameter, Option<string[]> Option)[]
        {
            ("repo", new Option<string[]>("--repo") { Description = "Only of this repository, owner/name." }),
            ("state", new Option<string[]>("--state") { Description = "Only in this state, e.g. AwaitingApproval; may be repeated." }),
            ("kind", new Option<string[]>("--kind") { Description = "Only of this kind, e.g. Upgrade; may be repeated." }),
            ("requestedBy", new Option<string[]>("--requested-by") { Description = "Only what this login asked for." }),
            ("updatedAfter", new Option<string[]>("--updated-after") { Description = "Only what changed since, e.g. 2026-11-22T10:00:00Z." }),
            ("limit", new Option<string[]>("--limit") { Description = "At most so many, 1 to 200; with --all so many at a time." }),
        };
        filters[1].Option.CompletionSources.Add(Enum.GetNames<TaskState>());
        filters[2].Option.CompletionSources.Add(Enum.GetNames<TaskKind>());
        var all = new Option<bool>("--all") { Description = "Every page." };
        var list = new Command("list", "Newest tasks first: a table, or behind a pipe a line each with tabs between id, state, kind, pull request, change and title.") { all };
        foreach (var (_, option) in filters)
            list.Add(option);
        list.SetAction((parsed, ct) => AskAsync(parsed, async (client, stop) =>
        {
            var query = filters.SelectMany(f => (parsed.GetValue(f.Option) ?? []).Select(v => $"{f.Parameter}={Uri.EscapeDataString(v)}"));
            var (found, next) = (new JsonArray(), (string?)$"tasks?{string.Join('&', query)}");
            while (next is not null && (found.Count == 0 || parsed.GetValue(all)))
            {
                (var page, next) = await client.SendAsync<JsonArray>(HttpMethod.Get, next, null, stop);
                foreach (var task in page)
                    found.Add(task?.DeepClone());
            }

            Print(found, parsed.GetValue(Json));
            if (next is not null)
                await Console.Error.WriteLineAsync("codingagent: there are more than these: narrow the list, or ask for --all.");
            return ExitCodes.Done;
        }, ct));
        return list;
    }

    private static Command Show()
    {
        var show = new Command("show", "One task, with its plan and what is known of the work.") { Id };
        show.SetAction((parsed, ct) => AskOfAsync(parsed, async (client, id, stop) =>
        {
            var task = await client.ReadTaskAsync(PathOf(id), stop);
            if (parsed.GetValue(Json))
            {
                Console.WriteLine(task.ToJsonString(Indented));
                return ExitCodes.Done;
            }

            var view = new TaskView(task);
            foreach (var (name, words) in view.Facts())
                Console.WriteLine($"{name,-12}  {words}");
            foreach (var line in view.PlanText().Prepend(""))
                Console.WriteLine(line);
            return ExitCodes.Done;
        }, ct));
        return show;
    }

    private static Command Watch()
    {
        var watch = new Command("watch", "A task until it has ended: drawn in place on a terminal, else a line whenever something happens.") { Id };
        watch.SetAction((parsed, ct) => AskOfAsync(parsed, (client, id, stop) => WatchAsync(client, id, parsed.GetValue(Json), stop), ct));
        return watch;
    }

    private static Command Logs()
    {
        var follow = new Option<bool>("--follow") { Description = "Go on with what comes, until the task has ended." };
        var logs = new Command("logs", "What its agents did, turn by turn.") { Id, follow };
        logs.SetAction((parsed, ct) => AskOfAsync(parsed, async (client, id, stop) =>
        {
            await foreach (var entry in client.ReadLogAsync($"{PathOf(id)}/events", parsed.GetValue(follow), stop))
                Console.WriteLine(parsed.GetValue(Json) ? entry.ToJsonString() : LogWords.Of(entry));
            return ExitCodes.Done;
        }, ct));
        return logs;
    }

    private static Command WithText(string name, string description, string member, string about)
    {
        var text = new Argument<string?>(member) { Description = about, Arity = ArgumentArity.ZeroOrOne };
        var command = new Command(name, description) { Id, text, Idempotency };
        command.SetAction(async (parsed, ct) => parsed.GetValue(Id) is not null && parsed.GetValue(text) is null
            ? Fail($"say {member}: codingagent task {name} ID {member.ToUpperInvariant()}")
            : await SignalAsync(parsed, name, new JsonObject { [member] = await TextAsync(parsed.GetValue(text), ct) }, ct));
        return command;
    }

    private static Task<int> SignalAsync(ParseResult parsed, string signal, JsonObject body, CancellationToken cancellationToken) => AskOfAsync(parsed, async (client, id, stop) =>
    {
        body["idempotencyKey"] = parsed.GetValue(Idempotency);
        var (answer, _) = await client.SendAsync<JsonObject>(HttpMethod.Post, $"{PathOf(id)}/signals/{signal}", body, stop);
        Console.WriteLine(parsed.GetValue(Json) ? answer.ToJsonString(Indented) : $"{new TaskView(answer).Id}: told to {signal}.");
        return ExitCodes.Done;
    }, cancellationToken);

    private static Task<int> WatchAsync(RestClient client, string id, bool asJson, CancellationToken cancellationToken) => new TaskWatch(client, PathOf(id)).RunAsync(asJson, cancellationToken);

    private static async Task<int> AskOfAsync(ParseResult parsed, Func<RestClient, string, CancellationToken, Task<int>> ask, CancellationToken cancellationToken) =>
        string.IsNullOrWhiteSpace(parsed.GetValue(Id))
            ? Fail($"which task? 'codingagent task list' shows the ids, such as task/github:owner/name/issue/12; then: codingagent task {parsed.CommandResult.Command.Name} ID")
            : await AskAsync(parsed, (client, stop) => ask(client, parsed.GetValue(Id)!.Trim(), stop), cancellationToken);

    private static async Task<int> AskAsync(ParseResult parsed, Func<RestClient, CancellationToken, Task<int>> ask, CancellationToken cancellationToken)
    {
        var (given, source) = parsed.GetValue(Url) is { } option ? (option, "--url") : (Variable(UrlVariable) ?? HereUrl, UrlVariable);
        // Not shown: what stands there may be a password, or a key in the wrong place.
        if (!Uri.TryCreate(given.Trim(), UriKind.Absolute, out var service) || service.Scheme is not ("http" or "https") || service.UserInfo.Length > 0)
            return Fail($"{source} is no http or https address without credentials; write one such as {HereUrl}.");
        var bearer = (parsed.GetValue(Key) ?? Variable(KeyVariable) ?? "").Trim();
        if (bearer.Length == 0 || bearer.Any(c => c is <= ' ' or > '~'))
            return Fail($"There is no API key, or it holds blanks or other characters that a header cannot carry: set {KeyVariable} to one that 'codingagent key create' made.");
        using var client = new RestClient(service.AbsolutePath.EndsWith('/') ? service : new Uri($"{service.GetLeftPart(UriPartial.Path)}/"), bearer);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var looking = Terminal.CancelWhenNobodyReads(stop);
        try
        {
            return await ask(client, stop.Token);
        }
        catch (RestFailureException e)
        {
            return Fail(e.Message, e.ExitCode);
        }
        catch (IOException e)
        {
            return Fail($"the output cannot be written: {e.Message.TrimEnd('.')}.", ExitCodes.Refused);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return cancellationToken.IsCancellationRequested ? ExitCodes.Interrupted : ExitCodes.NobodyReads;
        }
    }

    private static void Print(JsonArray tasks, bool asJson)
    {
        if (asJson)
        {
            Console.WriteLine(tasks.ToJsonString(Indented));
            return;
        }

        var views = tasks.OfType<JsonObject>().Select(t => new TaskView(t)).ToArray();
        if (!Terminal.IsTerminal)
        {
            foreach (var view in views)
                Console.WriteLine(string.Join('\t', view.Id, view.State, view.Kind, view.PullNumber, view.Updated, view.Title));
            return;
        }

        // Ids are what the next command is given: whatever has to give way for them, they do not.
        const int Gap = 1;
        const int LeastTitle = 10;
        var console = Terminal.NewConsole();
        var columns = new List<(string Name, Func<TaskView, string> Of)> { ("TASK", v => v.Id), ("STATE", v => v.State) };
        var room = console.Profile.Width - columns.Sum(WidthOf);
        foreach (var more in new (string Name, Func<TaskView, string> Of)[] { ("CHANGED", v => v.Updated), ("PULL", v => v.PullNumber) }.Where(m => room - WidthOf(m) >= LeastTitle))
        {
            columns.Add(more);
            room -= WidthOf(more);
        }

        if (room >= LeastTitle)
            columns.Add(("TITLE", v => Terminal.Cut(v.Title, room - Gap)));
        var table = new Table { Border = TableBorder.None };
        table.AddColumns([.. columns.Select(c => new TableColumn(c.Name) { Padding = new Padding(0, 0, Gap, 0) })]);
        foreach (var view in views)
            table.AddRow(columns.Select(c => new Text(c.Of(view))));
        console.Write(table);

        int WidthOf((string Name, Func<TaskView, string> Of) column) => views.Select(column.Of).Append(column.Name).Max(Terminal.WidthOf) + Gap;
    }

    private static async Task<string?> TextAsync(string? given, CancellationToken cancellationToken) => given == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : given;

    private static string PathOf(string id) => $"tasks/{Uri.EscapeDataString(id)}";

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static int Fail(string line, int exitCode = ExitCodes.Usage)
    {
        Console.Error.WriteLine($"codingagent: {line}");
        return exitCode;
    }

    private static JsonArray ArrayOf(string[]? values) => [.. (values ?? []).Select(v => (JsonNode?)v)];
}
