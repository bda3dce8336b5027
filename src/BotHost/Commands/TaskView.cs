using System.Globalization;
using System.Text.Json.Nodes;

namespace CodingAgent.BotHost.Commands;

/// <summary>A task as people read it in a terminal. What an older or newer service does not say is left out; outside text is made safe to print.</summary>
/// <param name="task">The task as REST shows it.</param>
internal sealed class TaskView(JsonObject task)
{
    private const int LongestLine = 500;

    public string Id => Text("id");

    public string Title => Text("title");

    public string State => Text("status");

    public string Kind => Text("kind");

    /// <summary>Number of its pull request; empty while there is none.</summary>
    public string PullNumber => Number(task["pull"]);

    public bool HasEnded => State is "Merged" or "Closed" or "Stopped" or "Failed";

    public bool HasFailed => State is "Stopped" or "Failed";

    /// <summary>State, and the step in words.</summary>
    public string Status => Joined(": ", State, Text("step"));

    /// <summary>When it changed last, in local time.</summary>
    public string Updated => Moment("updatedAt");

    /// <summary>Its pull request; empty while there is none.</summary>
    public string Pull => PullNumber.Length > 0
        ? Joined(" ", $"#{PullNumber}", Of(task["pullRequest"], "draft") == "true" ? "(draft)" : "", Of(task["pullRequest"], "url"))
        : "";

    /// <summary>What CI says; empty where it says nothing.</summary>
    public string Ci => Of(task["ci"], "verdict") is { Length: > 0 } and not "None" and var verdict ? Joined("; ", [verdict, .. Lines(task["ci"], "remarks")]) : "";

    /// <summary>Cost and tokens.</summary>
    public string Cost => string.Create(CultureInfo.InvariantCulture,
        $"{(decimal.TryParse(Text("costUsd"), NumberStyles.Float, CultureInfo.InvariantCulture, out var cost) ? cost : 0):$0.00}{(Text("costIsKnown") == "false" ? " and what models without a price cost" : "")}, {Number(task["inputTokens"])} tokens in, {Number(task["outputTokens"])} out");

    /// <summary>The plan's version and hash, and whose word it has; empty while there is none.</summary>
    public string Plan => Of(task["plan"], "hash") is { Length: > 0 } hash
        ? $"{Of(task["plan"], "version")} ({hash}), {(WaitsForApproval ? "waits for an answer" : Of(task["plan"], "approvedBy") is { Length: > 0 } by ? $"approved by {by}" : "not approved")}"
        : "";

    private bool WaitsForApproval => Of(task["plan"], "waitsForApproval") == "true";

    /// <summary>What the plan changes, a line each.</summary>
    public IEnumerable<string> PlanSteps() =>
        ((string[])["edits", "tests"]).SelectMany(list => Items(task["plan"]?["content"], list)).Select(e => Joined(": ", Of(e, "path"), Of(e, "intent")));

    /// <summary>The plan's text; nothing while there is none.</summary>
    public IEnumerable<string> PlanText() => task["plan"]?["text"] is JsonValue text ? Terminal.Block(text.ToString()) : [];

    /// <summary>What is known of it, each with its name.</summary>
    public IEnumerable<(string Name, string Words)> Facts()
    {
        var all = ((string, string)[])
        [
            ("task", Id), ("title", Title), ("state", Status), ("reason", Text("reason")),
            .. Items(task, "parts").Select(p => ("part", Joined(": ", Of(p, "name"), Joined(", ", Of(p, "state"), Number(p["pull"]) is { Length: > 0 } n ? $"#{n}" : "")))),
            ("plan", Plan),
            ("approve", WaitsForApproval ? $"codingagent task approve '{Id}' --plan {Of(task["plan"], "hash")}" : ""), ("reject", WaitsForApproval ? $"codingagent task reject '{Id}' WHY" : ""),
            ("pull request", Pull), ("ci", Ci),
            .. Items(task["checks"], "results").Select(c => ("check", $"{Of(c, "name")}: {(Of(c, "passed") == "true" ? "passed" : Of(c, "ending"))}")),
            .. Lines(task, "risk").Select(r => ("look at", r)), .. Lines(task, "warnings").Select(w => ("warning", w)),
            ("cost", Cost), ("asked by", Joined(", ", Text("requestedBy"), Moment("createdAt"))),
        ];
        return all.Where(f => f.Item2.Length > 0);
    }

    private string Text(string name) => Of(task, name);

    private string Moment(string name) =>
        DateTimeOffset.TryParse(Text(name), CultureInfo.InvariantCulture, out var at) ? at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "";

    private static string Of(JsonNode? node, string name) => node is JsonObject there && there[name] is JsonValue value ? Terminal.Line(value.ToString(), LongestLine) : "";

    private static string Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<long>(out var number) ? number.ToString(CultureInfo.InvariantCulture) : "";

    private static IEnumerable<JsonObject> Items(JsonNode? node, string name) => node is JsonObject there && there[name] is JsonArray list ? list.OfType<JsonObject>() : [];

    private static IEnumerable<string> Lines(JsonNode? node, string name) =>
        node is JsonObject there && there[name] is JsonArray list ? list.OfType<JsonValue>().Select(l => Terminal.Line(l.ToString(), LongestLine)) : [];

    private static string Joined(string by, params IEnumerable<string> parts) => string.Join(by, parts.Where(p => p.Length > 0));
}
