using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>What the model says: calls, or the final structured answer.</summary>
internal sealed record Answer(string? Text, IReadOnlyList<Answer.Call> Calls)
{
    /// <summary>One tool call.</summary>
    public sealed record Call(string Name, JsonObject Arguments);

    public static Answer Ask(params Call[] calls) => new(null, calls);

    public static Answer Final(object answer) => new(JsonSerializer.Serialize(answer, JsonSerializerOptions.Web), []);

    // Strict schemas want every property; null leaves an optional one out.
    public static Call Read(string path) => new("read_file", new JsonObject { ["path"] = path, ["start_line"] = null, ["line_count"] = 400 });

    public static Call Transfer(string target, string question) => new($"transfer_to_{target}", new JsonObject { ["question"] = question });

    public static Call AskAgent(string tool, string task) => new(tool, new JsonObject { ["task"] = task });

    public static Call List() => new("list_files", new JsonObject { ["path"] = null, ["glob"] = null });

    public static Call Edit(string path, string oldText, string newText) =>
        new("edit_file", new JsonObject { ["path"] = path, ["old_text"] = oldText, ["new_text"] = newText });

    public static Call Write(string path, string content) => new("write_file", new JsonObject { ["path"] = path, ["content"] = content });

    public static Call Delete(string path) => new("delete_file", new JsonObject { ["path"] = path });

    public static Call Setup() => new("run_setup", []);

    public static Call Checks() => new("run_checks", new JsonObject { ["name"] = null });

    public static Call Finish(string title) => new("finish_step", new JsonObject { ["title"] = title });

    public static Call Run(string command) => new("run_command", new JsonObject { ["command"] = command, ["timeout_seconds"] = null });

    public static Call Diff() => new("repo_diff", new JsonObject { ["path"] = null });
}
