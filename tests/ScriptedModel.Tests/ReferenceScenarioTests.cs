using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.ScriptedModel;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.ScriptedModel.Tests;

public sealed class ReferenceScenarioTests
{
    private static readonly string[] Words = ["a", "b", "", "}", "  a", "ab", "\ta", "tests failed"];

    [Fact]
    public void Coder_AnyChange_MakesExactlyIt()
    {
        var line = Gen.Elements(Words);
        var text = from lines in Gen.ListOf(line) from end in Gen.Elements("", "\n") select string.Join('\n', lines) + end;
        var ends = Gen.Elements("\n", "\r\n");
        var mark = Gen.Elements("", "\uFEFF");
        var pair = from before in text from after in text from e in ends from m in mark select (m + before.Replace("\n", e, StringComparison.Ordinal), m + after.Replace("\n", e, StringComparison.Ordinal));
        Prop.ForAll(pair.ToArbitrary(), p => MakesAsync(p.Item1, p.Item2).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    // Inputs on which line-based edits are known to break: places that repeat, ends of files, ends of lines.
    [Theory]
    [InlineData("x\nx\nx\n", "x\ny\nx\n")]
    [InlineData("}\n}\n}\n}\n", "}\n}\n}\n")]
    [InlineData("a\nb", "a\nb\n")]
    [InlineData("a\nb\n", "a\nb")]
    [InlineData("a\r\nb\n", "a\nb\n")]
    [InlineData("a\r\nb\r\n", "a\r\nB\r\n")]
    [InlineData("a\fb\n\u2028c\n", "a\fb\n\u2028d\n")]
    [InlineData("", "a\n")]
    [InlineData("a\n", "")]
    [InlineData("\n\n\n", "\n\n")]
    [InlineData("\uFEFFa\nb\n", "\uFEFFc\nb\n")]
    [InlineData("a\n", "\uFEFFa\n")]
    [InlineData("\uFEFF\ta\r\ntests failed\r\nb\r\nb\r\nb\r\n", "\uFEFFa\r\n\ta")]
    public async Task Coder_KnownTraps_MakesExactlyIt(string before, string after) => (await MakesAsync(before, after)).ShouldBeTrue();

    [Fact]
    public async Task Coder_NewDeletedAndRenamedFiles_AreMade()
    {
        ReferenceFile[] files =
        [
            new("new/failed.txt", null, "one\n"), new("gone.txt", "x\n", null), new("old name.txt", "same\n", null), new("new name.txt", null, "same\n"),
        ];
        await using var model = await ModelAsync(new ReferenceChange("acme/x", "Change it", files));
        var workspace = new Workspace(files);
        await PlayAsync(model, workspace, "change_report");
        workspace.Files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => f.Key).ShouldBe(["new name.txt", "new/failed.txt"]);
    }

    [Theory]
    [InlineData("package-lock.json", true)]
    [InlineData("src/App.csproj", true)]
    [InlineData("requirements-dev.txt", true)]
    [InlineData("src/app.js", false)]
    public async Task Coder_DependenciesChange_SetsUpAgainBeforeTheChecks(string path, bool setsUp)
    {
        ReferenceFile[] files = [new(path, "a\n", "b\n")];
        await using var model = await ModelAsync(new ReferenceChange("acme/x", "Change it", files));
        var workspace = new Workspace(files);
        await PlayAsync(model, workspace, "change_report");
        workspace.Calls.Where(c => c is "run_setup" or "run_checks").ShouldBe(setsUp ? ["run_setup", "run_checks"] : ["run_checks"]);
    }

    [Fact]
    public async Task Coder_EditIsRefused_SaysWhichAndWhy()
    {
        ReferenceFile[] files = [new("a.txt", "a\n", "b\n")];
        await using var model = await ModelAsync(new ReferenceChange("acme/x", "Change it", files));
        var workspace = new Workspace([new("a.txt", "something else\n", "")]);
        (await Should.ThrowAsync<InvalidOperationException>(() => PlayAsync(model, workspace, "change_report"))).Message.ShouldContain("edit_file of a.txt failed");
    }

    [Fact]
    public async Task Planner_NamesExactlyThePatchsFiles()
    {
        ReferenceFile[] files = [new("src/a.cs", "a\n", "b\n"), new("tests/aTests.cs", null, "c\n"), new("lib/old.js", "d\n", null)];
        await using var model = await ModelAsync(new ReferenceChange("acme/x", "Change it", files));
        var plan = await PlayAsync(model, new Workspace(files), "plan");
        plan["edits"]!.AsArray().Select(e => e!["path"]!.GetValue<string>()).ShouldBe(["src/a.cs", "lib/old.js"]);
        plan["tests"]!.AsArray().Select(e => e!["path"]!.GetValue<string>()).ShouldBe(["tests/aTests.cs"]);
    }

    [Fact]
    public async Task Critic_ApprovesWithTheEvidence()
    {
        ReferenceFile[] files = [new("a.txt", "a\n", "b\n")];
        await using var model = await ModelAsync(new ReferenceChange("acme/x", "Change it", files));
        var critique = await PlayAsync(model, new Workspace(files), "critique", "\n\n## Evidence, computed by code\n- test: exit code 0 (exited)\n\n## Now\nAnswer.");
        critique["approved"]!.GetValue<bool>().ShouldBeTrue();
        critique["findings"]![0]!["note"]!.GetValue<string>().ShouldContain("test: exit code 0 (exited)");
    }

    [Fact]
    public async Task Fixer_GivesUpInWordsAndAnswersEachThread()
    {
        await using var model = await ModelAsync(new ReferenceChange("acme/x", "Change it", [new("a.txt", "a\n", "b\n")]));
        var report = await PlayAsync(model, new Workspace([]), "fix_report", "\n\n## Review threads\n### Thread 12 on a.txt:1\n");
        report["summary"]!.GetValue<string>().ShouldContain("changed nothing");
        report["threads"]!.AsArray().Select(t => t!["threadId"]!.GetValue<long>()).ShouldBe([12, 0]);
    }

    [Fact]
    public async Task Ask_OtherRepository_IsNoTaskOfThisScript()
    {
        await using var model = await ModelAsync(new ReferenceChange("acme/other", "Change it", [new("a.txt", "a\n", "b\n")]));
        (await Should.ThrowAsync<InvalidOperationException>(() => PlayAsync(model, new Workspace([]), "plan"))).Message.ShouldContain("No script fits this task");
    }

    private static async Task<bool> MakesAsync(string before, string after)
    {
        ReferenceFile[] files = [new("file.txt", before, after)];
        await using var model = await ModelAsync(new ReferenceChange("acme/x", "Change it", files));
        var workspace = new Workspace(files);
        await PlayAsync(model, workspace, "change_report");
        return workspace.Files["file.txt"] == after;
    }

    private static Task<ScriptedModelServer> ModelAsync(ReferenceChange change) =>
        ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = "right", References = [change] }, CancellationToken.None);

    // Asks until the final answer, doing in the workspace what is called.
    private static async Task<JsonNode> PlayAsync(ScriptedModelServer model, Workspace workspace, string role, string more = "")
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "right");
        var messages = new JsonArray(Message("system", "You work."), Message("user", $"# Task in acme/x\n\n## Issue 1\nChange it{more}"));
        for (var turn = 0; turn < 40; turn++)
        {
            var request = new JsonObject
            {
                ["model"] = "scripted",
                ["messages"] = messages.DeepClone(),
                ["tools"] = new JsonArray([.. Workspace.Tools.Select(t => (JsonNode)new JsonObject
                {
                    ["type"] = "function",
                    ["function"] = new JsonObject { ["name"] = t.Name, ["strict"] = true, ["parameters"] = Schema(t.Parameters) },
                })]),
                ["response_format"] = new JsonObject
                {
                    ["type"] = "json_schema",
                    ["json_schema"] = new JsonObject { ["name"] = role, ["strict"] = true, ["schema"] = Schema(["answer"]) },
                },
            };
            using var response = await http.PostAsJsonAsync(new Uri(model.BaseUrl + "/chat/completions"), request);
            var body = (await response.Content.ReadFromJsonAsync<JsonNode>())!;
            if (!response.IsSuccessStatusCode)
                throw new InvalidOperationException(body["error"]!["message"]!.GetValue<string>());
            var message = body["choices"]![0]!["message"]!;
            if (message["tool_calls"] is not JsonArray { Count: > 0 } calls)
                return JsonNode.Parse(message["content"]!.GetValue<string>())!;
            messages.Add(message.DeepClone());
            foreach (var call in calls)
            {
                var result = workspace.Do(call!["function"]!["name"]!.GetValue<string>(), JsonNode.Parse(call["function"]!["arguments"]!.GetValue<string>())!);
                messages.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = call["id"]!.GetValue<string>(), ["content"] = result });
            }
        }

        throw new InvalidOperationException("It never ends.");
    }

    private static JsonObject Message(string role, string text) => new() { ["role"] = role, ["content"] = text };

    private static JsonObject Schema(string[] properties) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(properties.Select(p => KeyValuePair.Create<string, JsonNode?>(p, new JsonObject { ["type"] = "string" }))),
        ["required"] = new JsonArray([.. properties.Select(p => (JsonNode)p)]),
        ["additionalProperties"] = false,
    };

    /// <summary>The strictest tools there can be: an edit's text must be there once, exactly, as lines without their ends.</summary>
    private sealed class Workspace(IEnumerable<ReferenceFile> files)
    {
        public static (string Name, string[] Parameters)[] Tools { get; } =
        [
            ("list_files", ["path", "glob"]), ("read_file", ["path", "start_line", "line_count"]), ("edit_file", ["path", "old_text", "new_text"]),
            ("write_file", ["path", "content"]), ("delete_file", ["path"]), ("run_checks", ["name"]), ("run_setup", []), ("repo_diff", ["path"]),
        ];

        public Dictionary<string, string> Files { get; } = files.Where(f => f.Before is not null).ToDictionary(f => f.Path, f => f.Before!, StringComparer.Ordinal);

        public List<string> Calls { get; } = [];

        public string Do(string tool, JsonNode arguments)
        {
            Calls.Add(tool);
            string Text(string name) => arguments[name]!.GetValue<string>();
            switch (tool)
            {
                case "edit_file":
                    return Edit(Text("path"), Text("old_text"), Text("new_text"));
                case "write_file":
                    Files[Text("path")] = Text("content");
                    return $"Created {Text("path")} (1 lines).";
                case "delete_file":
                    return Files.Remove(Text("path")) ? $"Deleted {Text("path")}." : $"{Text("path")} is not found.";
                default:
                    return "done";
            }
        }

        private string Edit(string path, string old, string put)
        {
            var text = Files[path];
            var (mark, end) = (text.StartsWith('\uFEFF') ? "\uFEFF" : "", text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n");
            var shown = text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal);
            var at = shown.IndexOf(old, StringComparison.Ordinal);
            if (old.Length == 0 || at < 0 || shown.IndexOf(old, at + 1, StringComparison.Ordinal) >= 0)
                return $"old_text is not found once in {path}.";
            Files[path] = mark + (shown[..at] + put + shown[(at + old.Length)..]).Replace("\n", end, StringComparison.Ordinal);
            return $"Edited {path}. It now reads:\n";
        }
    }
}
