using System.Text.RegularExpressions;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Playground.ScriptedModel;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Agents.Tests.Scripted;

/// <summary>The cohort over the real client, the wire and the scripted model: from the issue to the answered review.</summary>
public sealed class ScriptedRunTests : IAsyncLifetime
{
    private readonly MemoryJournal _journal = new();
    private ScriptedModelServer _server = null!;
    private OpenAiApi[] _apis = [OpenAiApi.Chat];

    public async Task InitializeAsync() =>
        _server = await ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = "k" }, CancellationToken.None);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(OpenAiApi.Chat, OpenAiApi.Chat)]
    [InlineData(OpenAiApi.Responses, OpenAiApi.Responses)]
    // The setting is changed back and forth while the runs go on.
    [InlineData(OpenAiApi.Chat, OpenAiApi.Responses)]
    [InlineData(OpenAiApi.Responses, OpenAiApi.Chat)]
    public async Task ShellSample_FromIssueToReview_WorksThroughEveryTurn(OpenAiApi first, OpenAiApi then)
    {
        _apis = [first, then];
        var folder = Directory.CreateTempSubdirectory("shell-").FullName;
        ShellSample.WriteTo(folder);
        using var workspace = new FolderWorkspace(folder, w => w.Run(ShellSample.CheckCommand));
        Directory.Delete(folder, recursive: true);

        await PlayAsync(workspace, new IssueText(1, ShellSample.IssueTitle, ShellSample.IssueBody, "ada"), "src/add.sh", ShellSample.ReviewRemark, w => w.Run(ShellSample.LintCommand));

        workspace.Run("sh src/add.sh 1 2 3").ShouldBe("exit code 0\n6\n");
        workspace.Run("sh src/add.sh 1").ShouldStartWith("exit code 2\nusage:");
    }

    [Theory]
    [InlineData(OpenAiApi.Chat)]
    [InlineData(OpenAiApi.Responses)]
    public async Task PaymentSample_FromIssueToReview_WorksThroughEveryTurn(OpenAiApi api)
    {
        _apis = [api];
        // The compiler's part is played by a look at the code: a message made once and sent in a loop fails the retry tests.
        // CODING_AGENT_SAMPLE_CHECKS=real runs the sample's own tests instead (a minute).
        var real = Environment.GetEnvironmentVariable("CODING_AGENT_SAMPLE_CHECKS") == "real";
        using var workspace = new FolderWorkspace(SampleFolder(), w => real
            ? w.Run("dotnet test tests/PaymentClient.Tests --nologo -v q")
            : w["src/PaymentClient/PaymentClient.cs"].Contains("CreateRequest", StringComparison.Ordinal) ? "exit code 0" : "exit code 1");

        await PlayAsync(workspace,
            new IssueText(1, "Add retries to payment client", "Please retry.", "ada"), "src/PaymentClient/PaymentClient.cs",
            "Please make the number of attempts configurable instead of a constant.", w => w.Run("sh scripts/lint.sh"));

        var code = workspace["src/PaymentClient/PaymentClient.cs"];
        code.ShouldContain("int maxAttempts = 3");
        code.ShouldNotContain("MaxAttempts", Case.Sensitive);
        workspace["tests/PaymentClient.Tests/PaymentClientRetryTests.cs"].ShouldContain("maxAttempts: 1");
    }

    private async Task PlayAsync(FolderWorkspace workspace, IssueText issue, string code, string remark, Func<FolderWorkspace, string> lint)
    {
        var task = new TaskContext { Repository = "acme/sample", Issue = issue };
        var plan = await RunAsync<Plan>("plan", CohortAgents.Planner("scripted"), new PlannerBrief(task).ToMessages(), workspace, workspace.Reading);
        plan.Edits.ShouldHaveSingleItem().Path.ShouldBe(code);

        var report = await RunAsync<CoderReport>("code", CohortAgents.Coder("scripted"), new CoderBrief(task, plan).ToMessages(), workspace, workspace.All);
        report.Title.ShouldStartWith("feat");
        var coder = OutputsOf("code");
        coder.ShouldContain(o => o.Contains("was not found", StringComparison.Ordinal), "one edit fails");
        workspace.Outputs.Select(o => o[..11]).ShouldBe(["exit code 1", "exit code 0"], "one check is red, then green");

        var critique = await RunAsync<Critique>("critic", CohortAgents.Critic("scripted"), new CriticBrief(task, plan, report).ToMessages(), workspace, workspace.Reading);
        critique.Approved.ShouldBeTrue();
        critique.Findings.ShouldNotBeEmpty();

        var red = lint(workspace);
        red.ShouldStartWith("exit code 1", customMessage: "CI is red once");
        var ci = new FixerBrief(task, plan) { FailedCi = [new FailedCheck("lint", "failure", red)] };
        (await RunAsync<CoderReport>("fix-ci", CohortAgents.Fixer("scripted"), ci.ToMessages(), workspace, workspace.All)).Threads.ShouldBeEmpty();
        lint(workspace).ShouldStartWith("exit code 0");

        var review = new FixerBrief(task, plan)
        {
            Reviews = [new PersonText("ada", "Nearly there.")],
            Threads = [new ThreadText(42, code, 3, [new PersonText("ada", remark)]), new ThreadText(43, code, 4, [new PersonText("ada", "Hm?")])],
        };
        var fix = await RunAsync<CoderReport>("fix-review", CohortAgents.Fixer("scripted"), review.ToMessages(), workspace, workspace.All);
        fix.Threads.Select(t => (t.ThreadId, t.Outcome)).ShouldBe([(42, "fixed"), (43, "question"), (0, "fixed")]);
        lint(workspace).ShouldStartWith("exit code 0");

        _server.Requests.ShouldAllBe(r => r.Outcome == RequestOutcome.Answered);
        _server.AnswersByTurn.Values.ShouldAllBe(n => n == 1);
        _server.Requests.Select(r => r.Request!.ClientRequestId).ShouldBeUnique();
    }

    private async Task<T> RunAsync<T>(string id, AgentDefinition agent, IReadOnlyList<ChatMessage> input, FolderWorkspace workspace, IReadOnlyList<AIFunction> tools)
        where T : class
    {
        using var model = new OpenAiChatClient(new OpenAiOptions("k") { BaseUrl = _server.BaseUrl, Api = _apis[0] }, TimeProvider.System);
        using var other = new OpenAiChatClient(new OpenAiOptions("k") { BaseUrl = _server.BaseUrl, Api = _apis[^1] }, TimeProvider.System);
        var start = await workspace.TakeAsync(CancellationToken.None);
        AgentRunResult result;
        var segment = 0;
        do
        {
            // Segments of two turns: every run is resumed from its journal several times on the way.
            result = await new Runner(segment % 2 == 0 ? model : other, TimeProvider.System, NullLogger<Runner>.Instance).RunAsync(new AgentRun
            {
                RunId = id,
                Attempt = AgentRun.FenceOf(segment++, 1),
                Agent = agent,
                Input = input,
                Tools = tools,
                Journal = _journal,
                Snapshots = workspace,
                StartSnapshot = start,
                Segment = new SegmentLimits(2, TimeSpan.FromHours(1)),
            }, CancellationToken.None);
        }
        while (result is AgentRunResult.Segment);
        var done = result.ShouldBeOfType<AgentRunResult.Completed>(result.ToString());
        done.Used.Usage.InputTokens.ShouldBeGreaterThan(0);
        return OutputContract.Read<T>(done.OutputJson);
    }

    private List<string> OutputsOf(string run) => [.. _journal.Turns(run).Select(t => Regex.Unescape(t.OutputsJson!))];

    private static string SampleFolder()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "CodingAgent.sln")))
                return Path.Combine(folder, "playground", "Demo", "Sample");
        }
        throw new DirectoryNotFoundException("The repository's root was not found above the tests.");
    }
}
