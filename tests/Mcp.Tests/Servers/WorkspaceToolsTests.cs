using System.Text.Json;
using Microsoft.Extensions.AI;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class WorkspaceToolsTests
{
    private static readonly string[] ReadTools = ["read_file", "list_files", "search_text", "repo_status", "repo_diff", "repo_log", "repo_show"];
    private static readonly string[] WriteTools = ["edit_file", "write_file", "delete_file", "run_command", "run_checks", "restore_path"];

    [Fact]
    public async Task Tools_AreTheNamedOnes_WithAnnotations()
    {
        await using var f = await ToolsFixture.CreateAsync();
        f.Tools.Select(t => t.Name).ShouldBe([.. ReadTools, .. WriteTools], ignoreOrder: true);
        foreach (var tool in f.Tools)
        {
            var annotations = tool.ProtocolTool.Annotations.ShouldNotBeNull();
            annotations.ReadOnlyHint.ShouldBe(ReadTools.Contains(tool.Name));
            annotations.DestructiveHint.ShouldBe(WriteTools.Contains(tool.Name));
            annotations.OpenWorldHint.ShouldBe(false);
        }
    }

    [Fact]
    public async Task ReadOnly_OffersReadToolsAlone()
    {
        await using var f = await ToolsFixture.CreateAsync(o => o with { ReadOnly = true });
        f.Tools.Select(t => t.Name).ShouldBe(ReadTools, ignoreOrder: true);
    }

    [Fact]
    public async Task Schemas_AreStrict()
    {
        await using var f = await ToolsFixture.CreateAsync();
        foreach (var tool in f.Tools)
        {
            var schema = tool.JsonSchema;
            schema.GetProperty("additionalProperties").GetBoolean().ShouldBeFalse();
            var properties = schema.GetProperty("properties").EnumerateObject().ToList();
            schema.GetProperty("required").EnumerateArray().Select(r => r.GetString()).ShouldBe(properties.Select(p => p.Name));
            properties.ShouldAllBe(p => p.Value.GetProperty("description").GetString()!.Length > 0);
        }

        var path = f.Tools.Single(t => t.Name == "read_file").JsonSchema.GetProperty("properties");
        path.GetProperty("path").GetProperty("type").GetString().ShouldBe("string");
        path.GetProperty("start_line").GetProperty("type").GetRawText().ShouldBe("""["integer","null"]""");
    }

    [Fact]
    public async Task Arguments_AreCheckedWithPreciseWords()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("a.txt", "1\n"));
        (await f.ErrorAsync("read_file", new { })).ShouldContain("needs the argument 'path'");
        (await f.ErrorAsync("read_file", new { path = 5 })).ShouldContain("'path' must be of type string");
        (await f.ErrorAsync("read_file", new { path = "a.txt", start_line = 1.5 })).ShouldContain("'start_line' must be of type integer");
        (await f.ErrorAsync("read_file", new { path = "a.txt", offset = 1 })).ShouldContain("no argument 'offset'; it takes path, start_line, line_count");
        (await f.CallAsync("read_file", new { path = "a.txt", start_line = (int?)null })).ShouldContain("1\n");
    }

    [Fact]
    public async Task Tool_IsAnAIFunction()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("a.txt", "one\n"));
        AIFunction function = f.Tools.Single(t => t.Name == "read_file");
        var result = await function.InvokeAsync(new AIFunctionArguments { ["path"] = JsonSerializer.SerializeToElement("a.txt") });
        JsonSerializer.Serialize(result).ShouldContain("one");
    }

    [Fact]
    public async Task Closing_StopsACommandThatStillRuns()
    {
        await using var f = await ToolsFixture.CreateAsync();
        var call = f.CallAsync("run_command", new { command = "touch started; sleep 300; touch finished" });
        for (var i = 0; i < 400 && !File.Exists(Path.Combine(f.Workspace.RootPath, "started")); i++) await Task.Delay(20);
        var closing = System.Diagnostics.Stopwatch.StartNew();
        await f.CloseAsync();
        closing.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(1));
        await Should.ThrowAsync<Exception>(() => call);
    }
}
