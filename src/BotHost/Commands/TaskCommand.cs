using System.CommandLine;
using System.Text.Json.Nodes;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent task create|list|show|logs|approve|reject|finish|stop</c>: the REST API from a terminal.</summary>
internal static class TaskCommand
{
    private const string UrlVariable = "CODINGAGENT_URL";
    private const string KeyVariable = "CODINGAGENT_API_KEY";
    private const string HereUrl = "http://127.0.0.1:8080";

    public static Command Create()
    {
        // What comes from the environment is no default value here: help prints those, and both may hold secrets.
        var url = new Option<string?>("--url") { Description = $"Address of the service; else {UrlVariable} is read. Default {HereUrl}.", Recursive = true };
        var key = new Option<string?>("--api-key")
        {
            Description = $"The service's Api:Key; else {KeyVariable} is read (better: arguments show in process lists).",
            Recursive = true,
        };
        var command = new Command("task", "Create, list, show and steer tasks of a running service.") { url, key };

        async Task<int> Ask(ParseResult parsed, Func<RestClient, Task<int>> ask)
        {
            var (given, source) = parsed.GetValue(url) is { } option ? (option, "--url") : (Variable(UrlVariable) ?? HereUrl, UrlVariable);
            // Not shown: what stands there may be a password, or a key in the wrong place.
            if (!Uri.TryCreate(given.Trim(), UriKind.Absolute, out var service) || service.Scheme is not ("http" or "https") || service.UserInfo.Length > 0)
                return Fail($"{source} is no http or https address without credentials; write one such as {HereUrl}.");
            var bearer = (parsed.GetValue(key) ?? Variable(KeyVariable) ?? "").Trim();
            if (bearer.Length == 0 || bearer.Any(c => c is <= ' ' or > '~'))
                return Fail($"There is no API key, or it holds blanks or other characters that a header cannot carry: set {KeyVariable} to the service's Api:Key.");
            using var client = new RestClient(service, bearer);
            return await ask(client);
        }

        Task<int> Send(ParseResult parsed, HttpMethod method, string path, JsonNode? body, CancellationToken ct, Func<JsonNode, string?>? explain = null) =>
            Ask(parsed, client => client.PrintAsync(method, path, body, ct, explain));

        var id = new Argument<string>("id") { Description = "Task id, e.g. task/github:owner/name/issue/12." };
        string PathOf(ParseResult parsed) => $"tasks/{Uri.EscapeDataString(parsed.GetValue(id)!)}";

        var filters = new (string Parameter, Option<string[]> Option)[]
        {
            ("repo", new Option<string[]>("--repo") { Description = "Only of this repository, owner/name." }),
            ("state", new Option<string[]>("--state") { Description = "Only in this state, e.g. AwaitingApproval; may be repeated." }),
            ("kind", new Option<string[]>("--kind") { Description = "Only of this kind, e.g. Upgrade; may be repeated." }),
            ("requestedBy", new Option<string[]>("--requested-by") { Description = "Only what this login asked for." }),
            ("updatedAfter", new Option<string[]>("--updated-after") { Description = "Only what changed since, e.g. 2026-11-22T10:00:00Z." }),
            ("limit", new Option<string[]>("--limit") { Description = "At most so many, 1 to 200." }),
        };
        var list = new Command("list", "Newest tasks first.");
        foreach (var (_, option) in filters)
            list.Add(option);
        list.SetAction((parsed, ct) =>
        {
            var query = filters.SelectMany(f => (parsed.GetValue(f.Option) ?? []).Select(v => $"{f.Parameter}={Uri.EscapeDataString(v)}"));
            return Send(parsed, HttpMethod.Get, $"tasks?{string.Join('&', query)}", null, ct);
        });
        command.Add(list);

        var show = new Command("show", "One task, with its plan.") { id };
        show.SetAction((parsed, ct) => Send(parsed, HttpMethod.Get, PathOf(parsed), null, ct, PlanWords));
        command.Add(show);

        var follow = new Option<bool>("--follow") { Description = "Go on with what comes, until the task has ended." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line, whole." };
        var logs = new Command("logs", "What its agents did, turn by turn.") { id, follow, json };
        logs.SetAction((parsed, ct) => Ask(parsed, client => client.LogAsync(
            $"{PathOf(parsed)}/events", parsed.GetValue(follow), entry => Console.WriteLine(parsed.GetValue(json) ? entry.ToJsonString() : LogWords.Of(entry)), ct)));
        command.Add(logs);

        var hash = new Option<string?>("--plan") { Description = "Approve only this plan hash." };
        var approve = new Command("approve", "Approve the plan.") { id, hash };
        approve.SetAction((parsed, ct) =>
            Send(parsed, HttpMethod.Post, $"{PathOf(parsed)}/signals/approve", new JsonObject { ["planHash"] = parsed.GetValue(hash) }, ct));
        command.Add(approve);

        var why = new Argument<string>("why") { Description = "What is wrong with the plan." };
        var reject = new Command("reject", "Reject the plan; it is made anew with the reason in mind.") { id, why };
        reject.SetAction((parsed, ct) =>
            Send(parsed, HttpMethod.Post, $"{PathOf(parsed)}/signals/reject", new JsonObject { ["why"] = parsed.GetValue(why) }, ct));
        command.Add(reject);

        var stop = new Command("stop", "Stop at the next turn boundary; the branch stays.") { id };
        stop.SetAction((parsed, ct) => Send(parsed, HttpMethod.Post, $"{PathOf(parsed)}/signals/stop", new JsonObject(), ct));
        command.Add(stop);

        var finish = new Command("finish", "End with what is there: published as a draft if it passes the gates.") { id };
        finish.SetAction((parsed, ct) => Send(parsed, HttpMethod.Post, $"{PathOf(parsed)}/signals/finish", new JsonObject(), ct));
        command.Add(finish);

        var job = new Option<string?>("--job") { Description = "implement (default), plan, fix, upgrade or refactor." };
        var words = new Option<string?>("--words") { Description = "What would be written after /agent VERB, e.g. \"lodash to 4.17.21\"." };
        var repo = new Argument<string>("repo") { Description = "owner/name." };
        var ticket = new Option<string?>("--ticket") { Description = "Address of an issue of the repository." };
        var goal = new Option<string?>("--goal") { Description = "What to achieve, when there is no issue." };
        var branch = new Option<string?>("--base") { Description = "Branch to base the work on." };
        var accept = new Option<string[]>("--accept") { Description = "Acceptance criterion; may be repeated." };
        var constraint = new Option<string[]>("--constraint") { Description = "What must stay true; may be repeated." };
        var idempotency = new Option<string?>("--idempotency-key") { Description = "Repeating a request with the same key starts nothing new." };
        var create = new Command("create", "Start a task from an issue or a goal.") { repo, job, words, ticket, goal, branch, accept, constraint, idempotency };
        create.SetAction((parsed, ct) => Send(
            parsed,
            HttpMethod.Post,
            "tasks",
            new JsonObject
            {
                ["repo"] = parsed.GetValue(repo),
                ["job"] = parsed.GetValue(job),
                ["words"] = parsed.GetValue(words),
                ["ticketUrl"] = parsed.GetValue(ticket),
                ["goal"] = parsed.GetValue(goal),
                ["baseBranch"] = parsed.GetValue(branch),
                ["acceptanceCriteria"] = ArrayOf(parsed.GetValue(accept)),
                ["constraints"] = ArrayOf(parsed.GetValue(constraint)),
                ["idempotencyKey"] = parsed.GetValue(idempotency),
            },
            ct));
        command.Add(create);
        return command;
    }

    // The answer itself has the plan as one long line.
    private static string? PlanWords(JsonNode task) => task is JsonObject shown && shown["plan"] is JsonObject plan && plan["text"] is JsonValue text && plan["hash"] is JsonValue hash
        ? $"\nPlan {hash}\n\n{text}{(plan["waitsForApproval"]?.GetValue<bool>() == true ? $"\nIt waits for an answer: codingagent task approve {shown["id"]} --plan {hash}, or task reject {shown["id"]} WHY" : "")}"
        : null;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static int Fail(string line)
    {
        Console.Error.WriteLine($"codingagent: {line}");
        return 2;
    }

    private static JsonArray ArrayOf(string[]? values) => [.. (values ?? []).Select(v => (JsonNode?)v)];
}
