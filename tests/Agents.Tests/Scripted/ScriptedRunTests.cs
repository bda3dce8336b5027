using System.ClientModel;
using System.Text.RegularExpressions;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Playground.ScriptedModel;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using OpenAI;
using OpenAI.Responses;

namespace CodingAgent.Agents.Tests.Scripted;

/// <summary>The cohort over the real client, the wire and the scripted model: from the issue to the answered review.</summary>
public sealed class ScriptedRunTests : IAsyncLifetime
{
    /// <summary>Chat clients: ours in both APIs, and the ones of Microsoft.Extensions.AI.OpenAI.</summary>
    public enum Client
    {
        Chat,
        Responses,
        TypedChat,
        TypedResponses,
    }

    private readonly MemoryJournal _journal = new();
    private ScriptedModelServer _server = null!;
    private Client[] _clients = [Client.Chat];

    public async Task InitializeAsync() =>
        _server = await ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = "k" }, CancellationToken.None);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(Client.Chat, Client.Chat)]
    [InlineData(Client.Responses, Client.Responses)]
    // The setting is changed back and forth while the runs go on.
    [InlineData(Client.Chat, Client.Responses)]
    [InlineData(Client.Responses, Client.Chat)]
    // Any client of the port will do, also in the middle of a run.
    [InlineData(Client.TypedChat, Client.TypedChat)]
    [InlineData(Client.TypedResponses, Client.TypedResponses)]
    [InlineData(Client.Responses, Client.TypedChat)]
    public async Task ShellSample_FromIssueToReview_WorksThroughEveryTurn(Client first, Client then)
    {
        _clients = [first, then];
        var folder = Directory.CreateTempSubdirectory("shell-").FullName;
        ShellSample.WriteTo(folder);
        using var workspace = new FolderWorkspace(folder, w => w.Run(ShellSample.CheckCommand));
        Directory.Delete(folder, recursive: true);

        await PlayAsync(workspace, new IssueText(1, ShellSample.IssueTitle, ShellSample.IssueBody, "ada"), "src/add.sh", ShellSample.ReviewRemark, w => w.Run(ShellSample.LintCommand));

        workspace.Run("sh src/add.sh 1 2 3").ShouldBe("exit code 0\n6\n");
        workspace.Run("sh src/add.sh 1").ShouldStartWith("exit code 2\nusage:");
    }

    [Theory]
    [InlineData(Client.Chat)]
    [InlineData(Client.Responses)]
    public async Task PaymentSample_FromIssueToReview_WorksThroughEveryTurn(Client client)
    {
        _clients = [client];
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
        _server.Requests.Select(r => r.Request!.ClientRequestId).OfType<string>().ShouldBeUnique();
    }

    private async Task<T> RunAsync<T>(string id, AgentDefinition agent, IReadOnlyList<ChatMessage> input, FolderWorkspace workspace, IReadOnlyList<AIFunction> tools)
        where T : class
    {
        using var model = Make(_clients[0]);
        using var other = Make(_clients[^1]);
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

#pragma warning disable OPENAI001 // Part of OpenAI's package that may still change; only this test uses it.
    private IChatClient Make(Client client)
    {
        var typed = new OpenAIClient(new ApiKeyCredential("k"), new OpenAIClientOptions { Endpoint = _server.BaseUrl });
        return client switch
        {
            Client.TypedChat => typed.GetChatClient("scripted").AsIChatClient(),
            Client.TypedResponses => new Stateless(typed.GetResponsesClient().AsIChatClient("scripted")),
            _ => new OpenAiChatClient(
                new OpenAiOptions("k") { BaseUrl = _server.BaseUrl, Api = client == Client.Responses ? OpenAiApi.Responses : OpenAiApi.Chat }, TimeProvider.System),
        };
    }

    /// <summary>What an operator who takes that client would configure: nothing is stored at the endpoint.</summary>
    private sealed class Stateless(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            options = options!.Clone();
            options.RawRepresentationFactory = _ =>
                new CreateResponseOptions { StoredOutputEnabled = false, IncludedProperties = { IncludedResponseProperty.ReasoningEncryptedContent } };
            return base.GetResponseAsync(messages, options, cancellationToken);
        }
    }
#pragma warning restore OPENAI001

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
