using CodingAgent.Agents.Tests.Fakes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Agents.Tests.Runs;

/// <summary>A run with fakes around it, as a test speaks of it.</summary>
internal sealed class RunHarness
{
    public MemoryJournal Journal { get; } = new();

    public MemoryWorkspace Workspace { get; set; } = new();

    public ManualTime Time { get; } = new();

    public Func<AgentRun, AgentRun> Adjust { get; set; } = run => run;

    public int Attempt { get; set; } = 1;

    public CancellationToken Token { get; set; } = CancellationToken.None;

    public static AgentDefinition Agent { get; } = new("tester", "You are a test.", "fake-1");

    public async Task<AgentRunResult> RunAsync(IChatClient model, params AIFunction[] tools) =>
        await new Runner(model, Time, NullLogger<Runner>.Instance).RunAsync(
            Adjust(new AgentRun
            {
                RunId = "run-1",
                Attempt = Attempt,
                Agent = Agent,
                Input = [new ChatMessage(ChatRole.User, "Do it.")],
                Tools = tools.Length > 0 ? tools : Workspace.Tools,
                Journal = Journal,
                Snapshots = Workspace,
                StartSnapshot = MemoryWorkspace.Empty,
                Segment = SegmentLimits.None,
            }),
            Token);

    /// <summary>The output that answered the first call of the run.</summary>
    public async Task<string> OutputOfAsync(FunctionCallContent call, params AIFunction[] tools)
    {
        var model = new FakeModel(FakeModel.Calls(call), FakeModel.Says("done"));
        await RunAsync(model, tools);
        return model.LastOutputs.Single();
    }
}
