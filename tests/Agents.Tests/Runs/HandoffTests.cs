using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeModel;

namespace CodingAgent.Agents.Tests.Runs;

public sealed class HandoffTests
{
    private const string Question = """{"question":"Who calls Pay?"}""";
    private const string Answer = """{"found":[{"path":"src/A.cs","firstLine":3,"lastLine":9,"why":"Calls Pay."}],"missing":""}""";
    private const string Plan = """{"goal":"g","constraints":[],"edits":[{"path":"src/A.cs","intent":"i"}],"tests":[],"risks":[],"questions":[]}""";

    private readonly RunHarness _harness = new();

    public HandoffTests() => Agent(CohortAgents.Planner("m"));

    [Fact]
    public async Task Planner_AsksTheRetriever_AndSeesItsAnswerAlone()
    {
        var model = Cohort();
        var result = (await _harness.RunAsync(model, Reading())).ShouldBeOfType<AgentRunResult.Completed>();

        OutputContract.Read<Plan>(result.OutputJson).Goal.ShouldBe("g");
        var told = model.LastRequest!;
        Conversations.OutputsIn(told).ShouldBe(["found search_code", Answer]);
        told.SelectMany(m => m.Contents).OfType<TextContent>().ShouldNotContain(t => t.Text.Contains("retriever hums", StringComparison.Ordinal));
        result.Used.Agents.Select(a => (a.Agent, a.Turns, a.Usage.Requests)).ShouldBe([("planner", 3, 3), ("retriever", 2, 2)]);
        result.Used.Agents[0].Prompt.ShouldBe(CohortAgents.Planner("other").PromptVersion);
        result.Used.Agents.Sum(a => a.Usage.InputTokens).ShouldBe(result.Used.Usage.InputTokens);
    }

    [Fact]
    public async Task Retriever_HasItsOwnPromptToolsAndContract_AndReadsTheQuestionFenced()
    {
        IReadOnlyList<ChatMessage>? seen = null;
        ChatOptions? offered = null;
        FakeModel? model = null;
        model = Cohort(onRetriever: messages => (seen, offered) = (messages, model!.LastOptions));
        await _harness.RunAsync(model, [.. Reading(), .. _harness.Workspace.Tools]);

        seen![0].Text.ShouldStartWith("# You are the retriever");
        seen[1].Text.ShouldBe("Do it.");
        seen[2].Text.ShouldContain("The planner handed over to you:\n<untrusted-");
        offered!.Tools!.Select(t => t.Name).ShouldBe(["search_code"]);
        ((ChatResponseFormatJson)offered.ResponseFormat!).SchemaName.ShouldBe("places");
    }

    [Fact]
    public async Task Run_DyingAtAnyWrite_GoesOnWithTheAgentWhoseTurnItWas()
    {
        var whole = (await _harness.RunAsync(Cohort(), Reading())).ShouldBeOfType<AgentRunResult.Completed>();
        for (var boundary = 0; boundary < 20; boundary++)
        {
            var harness = new RunHarness { Adjust = _harness.Adjust };
            var writes = 0;
            harness.Journal.OnWrite = (_, _, _) =>
            {
                if (writes++ == boundary)
                    throw new IOException("died");
            };
            var model = Cohort();
            await Should.ThrowAsync<IOException>(() => harness.RunAsync(model, Reading()));
            harness.Journal.OnWrite = null;
            harness.Attempt = 2;
            var again = (await harness.RunAsync(model, Reading())).ShouldBeOfType<AgentRunResult.Completed>();
            again.OutputJson.ShouldBe(whole.OutputJson);
            again.Used.ShouldBe(whole.Used);
            (await Runner.ReadUsedAsync(harness.Journal, "run-1", 9, CodingAgent.Agents.Models.ModelPrices.None, CohortAgents.Planner("m"), default)).ShouldBe(whole.Used);
        }
    }

    [Fact]
    public async Task Turn_WithSeveralCalls_TheFirstHandoffWinsAndNothingElseRuns()
    {
        Agent(CohortAgents.Coder("m"));
        var result = await _harness.RunAsync(new FakeModel(Calls(
            CallOf("a", "append", """{"path":"a","text":"x"}"""),
            CallOf("b", "transfer_to_planner", """{"reason":"src/B.cs is generated."}"""),
            CallOf("c", "transfer_to_critic", "{}"))));

        var handed = result.ShouldBeOfType<AgentRunResult.HandedOff>();
        (handed.Target, handed.Turn, handed.Used.Turns).ShouldBe(("planner", 1, 0));
        OutputContract.Read<HandoffReason>(handed.ArgumentsJson).Reason.ShouldBe("src/B.cs is generated.");
        _harness.Workspace.Content.ShouldBe(MemoryWorkspace.Empty);
    }

    [Fact]
    public async Task Handoff_NotAdmitted_IsToldWhyAndCostsATurn()
    {
        Agent(CohortAgents.Coder("m"));
        var model = new FakeModel(
            Calls(CallOf("a", "transfer_to_planner", """{"reason":"r"}"""), CallOf("b", "append", """{"path":"a","text":"x"}""")),
            Says("""{"title":"t","summary":"s","why":"","howToTest":"","rollback":"","threads":[]}"""));
        await _harness.RunAsync(model);
        _harness.Attempt = 2;
        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.HandedOff>("nobody has decided yet");
        model.RequestsByTurn.ShouldBe(new Dictionary<int, int> { [1] = 1 });

        Adjust(run => run with { RefusedHandoffs = [new RefusedHandoff(1, "there is no plan.")] });
        _harness.Attempt = 3;
        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>().Used.Turns.ShouldBe(2);
        Conversations.AsTold(model.LastRequest!).ShouldBe(
            ["The handoff to planner was not admitted: there is no plan. Go on with your own part.", "Not run: you handed over in the same turn."]);
        _harness.Workspace.Content.ShouldBe(MemoryWorkspace.Empty);
    }

    [Theory]
    [InlineData("transfer_to_coder", "{}", "There is no tool 'transfer_to_coder'. Did you mean transfer_to_retriever?")]
    [InlineData("transfer_to_retreiver", Question, "There is no tool 'transfer_to_retreiver'. Did you mean transfer_to_retriever?")]
    [InlineData("transfer_to_retriever", "{}", "question: is missing")]
    [InlineData("transfer_to_retriever", """{"question":"  "}""", "question is empty")]
    [InlineData("transfer_to_retriever", "[1]", "could not be read")]
    [InlineData("transfer_to_retriever", """{"question":"q","model":"x"}""", "do not fit")]
    public async Task Handoff_ThatCannotBe_IsAnsweredPrecisely(string tool, string arguments, string told)
    {
        var model = new FakeModel(Call(tool, arguments), Says(Plan));
        (await _harness.RunAsync(model, Reading())).ShouldBeOfType<AgentRunResult.Completed>().Used.Agents.Select(a => a.Agent).ShouldBe(["planner"]);
        Conversations.AsTold(model.LastRequest!).Single().ShouldContain(told);
    }

    [Fact]
    public async Task Name_WithANamespaceBefore_MeansTheHandoff()
    {
        var model = new FakeModel((turn, messages) => messages[0].Text.StartsWith("# You are the retriever", StringComparison.Ordinal)
            ? Says(Answer)
            : turn == 1 ? Call("functions.Transfer_To_Retriever", Question) : Says(Plan));
        (await _harness.RunAsync(model, Reading())).Used.Agents.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Retriever_ThatFindsNoEnd_IsEndedByItsOwnTurns()
    {
        var model = new FakeModel((turn, messages) => messages[0].Text.StartsWith("# You are the retriever", StringComparison.Ordinal)
            ? turn % 4 == 3 ? Call("read_file", $$"""{"path":"src/{{turn}}.cs"}""") : Call("search_code", $$"""{"query":"{{turn}}"}""")
            : turn == 1 ? Call("transfer_to_retriever", Question) : Says(Plan));
        var result = (await _harness.RunAsync(model, [.. Reading(), Functions.ReadOnly((string path) => "text", "read_file")])).ShouldBeOfType<AgentRunResult.Completed>();
        result.Used.Agents.Single(a => a.Agent == "retriever").Turns.ShouldBe(12);
        // Whoever asked learns where not to begin anew.
        var told = OutputContract.Read<Places>(model.LastOutputs.Single());
        told.Found.ShouldBeEmpty();
        told.Missing.ShouldBe("The retriever's turns were used up before it had an answer. It asked to read src/3.cs, src/7.cs, src/11.cs.");
    }

    [Fact]
    public async Task Retriever_Stuck_GivesBackInsteadOfEndingTheRun()
    {
        var model = new FakeModel((turn, messages) => messages[0].Text.StartsWith("# You are the retriever", StringComparison.Ordinal)
            ? Call("search_code", """{"query":"same"}""")
            : turn == 1 ? Call("transfer_to_retriever", Question) : Says(Plan));
        (await _harness.RunAsync(model, Reading())).ShouldBeOfType<AgentRunResult.Completed>();
        model.LastOutputs.Single().ShouldContain("repeated the same action");
    }

    [Fact]
    public async Task Remark_WhileTheRetrieverWorks_ReachesThePlanner()
    {
        Adjust(run => run with { Steering = [new SteeringNote(3, "Only Linux.")] });
        var model = Cohort();
        await _harness.RunAsync(model, Reading());
        model.LastRequest!.Count(m => m.Text == "Only Linux.").ShouldBe(1);
        model.LastRequest![^1].Text.ShouldBe("Only Linux.");
    }

    [Fact]
    public async Task MaxTurns_WithAHandler_EndsWithWhatIsThere()
    {
        Agent(RunHarness.Agent with { MaxTurns = 2, OnMaxTurns = items => $"{items.Count(i => i.Role == ChatRole.Tool)} outputs were read" });
        (await _harness.RunAsync(new FakeModel((turn, _) => Call("append", $$"""{"path":"a","text":"{{turn}}"}"""))))
            .ShouldBeOfType<AgentRunResult.Completed>().OutputJson.ShouldBe("2 outputs were read");
        _harness.Attempt = 2;
        (await _harness.RunAsync(new FakeModel())).ShouldBeOfType<AgentRunResult.Completed>();
    }

    [Fact]
    public async Task MaxTurns_WithoutAHandler_IsALimit()
    {
        Agent(RunHarness.Agent with { MaxTurns = 2 });
        (await _harness.RunAsync(new FakeModel((turn, _) => Call("append", $$"""{"path":"a","text":"{{turn}}"}""")))).ShouldBeOfType<AgentRunResult.BudgetExhausted>()
            .Which.ShouldBe(BudgetKind.Turns);
    }

    // The planner searches, asks, and plans; the retriever searches and answers.
    private static FakeModel Cohort(Action<IReadOnlyList<ChatMessage>>? onRetriever = null) => new((turn, messages) =>
    {
        if (!messages[0].Text.StartsWith("# You are the retriever", StringComparison.Ordinal))
        {
            return turn switch
            {
                1 => Call("search_code", """{"query":"Pay"}"""),
                2 => Call("transfer_to_retriever", Question),
                _ => Says(Plan),
            };
        }
        onRetriever?.Invoke(messages);
        return turn == 1 ? Calls(CallOf("r1", "search_code", """{"query":"the retriever hums"}""")) : Says(Answer);
    });

    private static AIFunction[] Reading() => [Functions.ReadOnly((string query) => "found search_code", "search_code")];

    private void Agent(AgentDefinition agent) => Adjust(run => run with { Agent = agent });

    private void Adjust(Func<AgentRun, AgentRun> more)
    {
        var before = _harness.Adjust;
        _harness.Adjust = run => more(before(run));
    }
}
