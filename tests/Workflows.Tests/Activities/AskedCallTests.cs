using System.Net;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Egress.Settings;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.ThirdParty;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>A server of others between the agents' worker and its sandbox: a real MCP server over the pipes that a sandboxed one has, whose tool takes a person's word.</summary>
public sealed class AskedCallTests : GitWorkers
{
    private readonly ServingSandbox _sandbox = new();
    private readonly ThirdPartyServer _server = new("docs", ServerPackage.Parse("npm:docs@1.0.0"), ServingSandbox.Digest, ["docs"], ["publish"]) { Asks = new HashSet<string> { "publish" } };

    [Fact]
    public async Task Call_IsShownWhole_AndRunsOnceForTheSignedWordAlone()
    {
        await ServeAsync();
        Model.Calls("docs__publish", new { page = "a\u202eb", text = "one\nto: eve" }).AnswersFrom(told => FakeWork.Report with { Summary = string.Join(' ', told) });
        var step = await StepAsync();
        var asked = await RunAsync(step);
        asked.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.NeedsWord, asked.Reason);
        var call = asked.Calls.ShouldHaveSingleItem();
        (call.Tool, call.Package, call.Arguments).ShouldBe(("docs__publish", "npm:docs@1.0.0", "page: a[U+202E]b\ntext: one\n    to: eve"));
        _sandbox.Published.ShouldBeEmpty();

        // Nobody can make an approval up that the control role did not sign; and a word for another task is none.
        step.Run.Segment++;
        foreach (var forged in new SignedRecord?[] { null, Keys.Sign(new ApprovalRecord(TaskId.ForIssue(TaskHarness.Repo, 8), "ann", call.Hash, null)) })
            Keys.Proves(Task, new CallWord(call.Digest, true, "ann", "") { Record = forged }).ShouldBeFalse();
        step.Run.Words.Add(new CallWord(call.Digest, true, "ann", "") { Record = Keys.Sign(new ApprovalRecord(Task, "ann", call.Hash, null)) });
        var done = await RunAsync(step);
        done.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed, done.Reason);
        done.Output.ShouldNotBeNull().ShouldContain("published");
        _sandbox.Published.ShouldBe(["a\u202eb"]);

        // A retry of the same segment answers from the journal.
        (await RunAsync(step, attempt: 2)).Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed);
        _sandbox.Published.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Approval_ThatNobodySigned_CountsAsARejection()
    {
        await ServeAsync();
        Model.Calls("docs__publish", new { page = "a" }).AnswersFrom(told => FakeWork.Report with { Summary = string.Join(' ', told) });
        var step = await StepAsync();
        var call = (await RunAsync(step)).Calls.Single();
        step.Run.Segment++;
        step.Run.Words.Add(new CallWord(call.Digest, true, "ann", ""));
        (await RunAsync(step)).Output.ShouldNotBeNull().ShouldContain("nothing signed says that a person approved it");
        _sandbox.Published.ShouldBeEmpty();
    }

    // Approved was the tool of one version of the server.
    [Fact]
    public async Task Server_ApprovedAnewMeanwhile_IsAskedAboutAnew()
    {
        await ServeAsync();
        Model.Calls("docs__publish", new { page = "a" });
        var step = await StepAsync();
        var call = (await RunAsync(step)).Calls.Single();
        _sandbox.Words = "Publishes to everybody.";
        await ServeAsync();
        step.Run.Segment++;
        step.Run.Words.Add(new CallWord(call.Digest, true, "ann", "") { Record = Keys.Sign(new ApprovalRecord(Task, "ann", call.Hash, null)) });
        var again = await RunAsync(step);
        again.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.NeedsWord);
        again.Calls.Single().Hash.ShouldNotBe(call.Hash);
        _sandbox.Published.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tool_WhereNobodyCanBeAsked_IsNotOffered()
    {
        await ServeAsync();
        Model.Answers(FakeWork.Report);
        await RunAsync(await StepAsync() with { MayAsk = false });
        Model.Requests.Last().Options!.Tools!.ShouldNotContain(t => t.Name == "docs__publish");
    }

    private async Task<AgentActivities.AgentStep> StepAsync() => await CoderStepAsync() with { MayAsk = true };

    private Task<AgentActivities.AgentStepResult> RunAsync(AgentActivities.AgentStep step, int attempt = 1) =>
        new ActivityEnvironment { Info = ActivityEnvironment.DefaultInfo with { Attempt = attempt } }.RunAsync(() => Agents("one").RunAgentAsync(step));

    /// <summary>Approves the server as its operator does.</summary>
    private async Task ServeAsync()
    {
        var settings = RegistrySettings.Of(HostPackageSettings.Read(Path.Combine(Remote.Data, "no-home"), _ => null, Path.Combine(Remote.Data, "no-etc")), new Dictionary<PackageSource, Uri>());
        var egress = new EgressOptions { Resolve = (_, _) => System.Threading.Tasks.Task.FromResult<IPAddress[]>([]) };
        var servers = new ThirdPartyServers(
            [_server], Path.Combine(Remote.Data, "mcp.lock.json"), new ServerPackages(Path.Combine(Remote.Data, "servers"), _sandbox, egress, settings, TimeProvider.System),
            new ProvenanceReader(egress, settings, null, TimeProvider.System), _sandbox, TimeProvider.System, NullLogger<ThirdPartyServers>.Instance);
        await servers.ApproveAsync(_server, CancellationToken.None);
        Outside = new OutsideTools(null, servers);
    }

    /// <summary>Installs what npm would, and serves over the pipes of the command what the package's program would.</summary>
    private sealed class ServingSandbox : ISandbox
    {
        public static string Digest { get; } = "sha512-" + new string('A', 86) + "==";

        public List<string> Published { get; } = [];

        public string Words { get; set; } = "Publishes a page.";

        public async Task<SandboxResult> RunAsync(SandboxCommand command, CancellationToken cancellationToken)
        {
            if (command.Pipes is not { } pipes)
            {
                File.WriteAllText(Path.Combine(command.WorkspacePath, "package-lock.json"), $"{{\"packages\":{{\"node_modules/docs\":{{\"version\":\"1.0.0\",\"integrity\":\"{Digest}\"}}}}}}");
                Directory.CreateDirectory(Path.Combine(command.WorkspacePath, "node_modules"));
                return new SandboxResult(SandboxOutcome.Exited, 0, "", "", TimeSpan.Zero);
            }

            await using var transport = new StreamServerTransport(pipes.Input, pipes.Output, "docs");
            await using var server = McpServer.Create(transport, new McpServerOptions
            {
                ServerInfo = new Implementation { Name = "docs", Version = "1" },
                ToolCollection = [McpServerTool.Create((string page, string? text = null) =>
                {
                    Published.Add(page);
                    return $"published {page}";
                }, new McpServerToolCreateOptions { Name = "publish", Description = Words })],
            });
            await server.RunAsync(cancellationToken);
            return new SandboxResult(SandboxOutcome.Exited, 0, "", "", TimeSpan.Zero);
        }
    }
}
