using CodingAgent.Agents.Guardrails;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Agents.Tools;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeModel;

namespace CodingAgent.Agents.Tests.Runs;

/// <summary>Calls that take a person's word: for which call a word counts, and how often what it allows runs.</summary>
public sealed class PersonsWordTests
{
    private readonly RunHarness _harness = new();
    private readonly List<string> _sent = [];

    private AIFunction Send => AIFunctionFactory.Create((string to) =>
    {
        _sent.Add(to);
        return $"sent to {to}";
    }, new AIFunctionFactoryOptions
    {
        Name = "send",
        Description = "Sends.",
        AdditionalProperties = new Dictionary<string, object?> { [ToolTraits.NeedsApprovalKey] = true, [ToolTraits.LeavesWorkspaceKey] = true },
    });

    // Endpoints number the calls of each answer from the beginning.
    [Fact]
    public async Task Word_OnACall_IsNotForAnotherWithTheSameId()
    {
        var model = new FakeModel(Calls(CallOf("call_0", "send", """{"to":"ann"}""")), Calls(CallOf("call_0", "send", """{"to":"eve"}""")), Says("done"));
        var first = (await AskedAsync(model)).ShouldHaveSingleItem();
        Approve(first.Digest);
        var second = (await AskedAsync(model)).ShouldHaveSingleItem();

        second.Arguments.ShouldBe("""{"to":"eve"}""");
        second.Digest.ShouldNotBe(first.Digest);
        _sent.ShouldBe(["ann"]);
    }

    [Fact]
    public async Task Word_OnTheSameCallOfAnotherTurn_IsAskedForAgain()
    {
        var model = new FakeModel(Calls(CallOf("c", "send", """{"to":"ann"}""")), Calls(CallOf("c", "send", """{"to":"ann"}""")), Says("done"));
        Approve((await AskedAsync(model)).Single().Digest);
        (await AskedAsync(model)).ShouldHaveSingleItem();
        _sent.ShouldBe(["ann"], "once for each word");
    }

    [Theory]
    [InlineData("begun, before", 1, "sent to ann")]
    [InlineData("begun, after", 0, "is unknown")]
    [InlineData("turn, before", 1, "is unknown")]
    [InlineData("turn, after", 1, "sent to ann")]
    public async Task ApprovedCall_ProcessDiesAround_RunsOnceAtMost(string where, int runs, string told)
    {
        var model = new FakeModel(Calls(CallOf("c", "send", """{"to":"ann"}""")), Says("done"));
        Approve((await AskedAsync(model)).Single().Digest);
        _harness.Journal.OnWrite = (what, _, after) =>
        {
            if (where == $"{(what == "response" ? "begun" : what)}, {(after ? "after" : "before")}")
                throw new IOException("died");
        };
        await Should.ThrowAsync<IOException>(() => _harness.RunAsync(model, Send));
        _harness.Journal.OnWrite = null;
        _harness.Attempt++;
        await _harness.RunAsync(model, Send);

        _sent.Count.ShouldBe(runs);
        model.LastOutputs.Single().ShouldContain(told);
        model.RequestsByTurn[1].ShouldBe(1, "the call is the one that was shown, from the journal");
    }

    [Fact]
    public async Task WorkspaceCallsBesideAnApprovedOne_ProcessDies_AreMadeAgainFromTheSnapshot()
    {
        AIFunction[] tools = [.. _harness.Workspace.Tools, Send];
        var model = new FakeModel(Calls(CallOf("a", "append", """{"path":"f","text":"x"}"""), CallOf("b", "send", """{"to":"ann"}""")), Says("done"));
        Approve((await AskedAsync(model, tools)).Single().Digest);
        _harness.Workspace.Content.ShouldBe("{}", "nothing of the turn runs before the word");
        _harness.Journal.OnWrite = (what, _, _) =>
        {
            if (what == "turn")
                throw new IOException("died");
        };
        await Should.ThrowAsync<IOException>(() => _harness.RunAsync(model, tools));
        _harness.Journal.OnWrite = null;
        _harness.Attempt++;
        await _harness.RunAsync(model, tools);

        _harness.Workspace.Content.ShouldBe("""{"f":"x"}""");
        _sent.ShouldBe(["ann"]);
        model.LastOutputs[^1].ShouldContain("is unknown");
    }

    [Theory]
    [InlineData("""{"to":7}""", "do not fit")]
    [InlineData("""{"to":""", "could not be read")]
    [InlineData("""{"to":"secret"}""", "was not run: no")]
    public async Task Call_ThatWouldNotRunAnyway_IsNotAskedAbout(string arguments, string told)
    {
        _harness.Adjust = run => run with
        {
            Agent = run.Agent with { ToolGuardrails = [new ToolGuardrail("g") { Before = c => c.ArgumentsJson.Contains("secret", StringComparison.Ordinal) ? GuardrailVerdict.Reject("no") : GuardrailVerdict.Allow }] },
        };
        (await _harness.OutputOfAsync(CallOf("c", "send", arguments), Send)).ShouldContain(told);
        _sent.ShouldBeEmpty();
    }

    // A person can only agree to what they can read.
    [Fact]
    public async Task Call_WithMoreThanCanBeShown_IsNotRunUnasked()
    {
        (await _harness.OutputOfAsync(CallOf("c", "send", $$"""{"to":"{{new string('x', 4_000)}}"}"""), Send)).ShouldContain("nobody can be asked");
        _sent.ShouldBeEmpty();
    }

    private void Approve(string digest)
    {
        _harness.Attempt++;
        var before = _harness.Adjust;
        _harness.Adjust = run => before(run) is var adjusted ? adjusted with { Approvals = [.. adjusted.Approvals, new ToolApproval(digest, true)] } : run;
    }

    private async Task<IReadOnlyList<PendingApproval>> AskedAsync(FakeModel model, params AIFunction[] tools) =>
        (await _harness.RunAsync(model, tools.Length > 0 ? tools : [Send])).ShouldBeOfType<AgentRunResult.NeedsApproval>().Pending;
}
