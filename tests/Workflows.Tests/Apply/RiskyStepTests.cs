using CodingAgent.Agents.Cohort;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>The applier computes risk itself, from the signed plan and from what git objects show.</summary>
public sealed class RiskyStepTests : ApplierTests
{
    private int _runs;

    private async Task<ApplyActivities.PublishStep> UnapprovedAsync(string path = "src/A.cs", string content = "one\ntwo\nthree\n", Plan? plan = null)
    {
        Model.Calls("write_file", new { path, content })
            .Calls("write_file", new { path = "tests/ATests.cs", content = "test three\n" })
            .Answers(FakeWork.Report);
        var coder = await CoderStepAsync() with { Plan = plan ?? FakeWork.Plan, Run = new AgentRunState($"run-{++_runs}", AgentRole.Coder, null, []) };
        var snapshot = (await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(coder))).Snapshot.ShouldNotBeNull();
        var step = await StepAsync(snapshot, plan, signs: true);
        return step with { Records = step.Records! with { Approval = null } };
    }

    private Task<AgentActivities.AmendedPlan> AmendedAsync(ApplyActivities.PublishStep step, IReadOnlyList<RiskyFile> files) =>
        new ActivityEnvironment().RunAsync(() => Agents("one").AmendPlanAsync(new AgentActivities.AmendStep(Task, step.Records!.Plan, Remote.Sha, "", files)));

    /// <summary>People see the amended plan, and ann agrees.</summary>
    private ApplyActivities.PublishStep Agreed(ApplyActivities.PublishStep step, AgentActivities.AmendedPlan amended, int number = 7)
    {
        var shown = Forge.AddComment(number, "coding-agent", CommentOf(amended.Plan, amended.Hash), Date.AddMinutes(3));
        var word = Forge.AddComment(number, "ann", "/agent approve", Date.AddMinutes(4));
        var plan = number == 7 ? amended.Plan : null;
        return step with
        {
            PlanComment = shown,
            Records = step.Records! with { Plan = amended.Record, Approval = Approval(statement: new Statement(StatementKind.Comment, number, word)), Evidence = Evidence(Tree(step), plan) },
        };
    }

    private static GateVerdict Refusal(ApplyActivities.PublishOutcome outcome) => outcome.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem();

    [Fact]
    public async Task Publish_OrdinaryChangeThatNobodyApproved_Leaves()
    {
        var outcome = await PublishAsync(await UnapprovedAsync());
        outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        outcome.Verdicts[0].Message.ShouldStartWith("Asked for by ann; the plan needed no approval;");
    }

    [Fact]
    public async Task Publish_ChangeThatOpensConnections_TakesAPersonsWordAndThenLeaves()
    {
        var step = await UnapprovedAsync(content: "one\nvar client = new HttpClient();\n");
        var held = await PublishAsync(step);
        NothingLeft(held);
        Refusal(held).Asks.ShouldBe([new("src/A.cs", "opens network connections in new lines")]);

        var amended = await AmendedAsync(step, Refusal(held).Asks);
        amended.Plan.Edits.Single().Intent.ShouldBe("Retry (It opens network connections in new lines.)");
        // The amended plan alone is nobody's word, whatever the policy asks.
        Forge.Files[".github/coding-agent.yml"] = "version: 1\nplan: { approval: never }\n";
        var unasked = await PublishAsync(step with { Records = step.Records! with { Plan = amended.Record, Evidence = Evidence(Tree(step), amended.Plan) } });
        NothingLeft(unasked);
        Refusal(unasked).Message.ShouldContain("Nothing signed says that a person approved the plan");
        // Nor is an approval of the plan before.
        NothingLeft(await PublishAsync(step with { Records = step.Records! with { Plan = amended.Record, Approval = Approval(), Evidence = Evidence(Tree(step), amended.Plan) } }));
        // Nor one of a comment that shows the plan before.
        var agreed = Agreed(step, amended);
        NothingLeft(await PublishAsync(agreed with { PlanComment = ShownPlan }));

        var outcome = await PublishAsync(agreed);
        outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        outcome.Verdicts.Single(v => v.Gate == "risk").ShouldSatisfyAllConditions(v => v.Marked.ShouldBeTrue(), v => v.Message.ShouldContain("src/A.cs opens network connections"));
    }

    [Theory]
    [InlineData("package.json", "{}", "declares dependencies")]
    [InlineData("tests/.envrc", "export A=b\n", "runs on a developer's machine, or decides what runs there")]
    [InlineData("ops/web.yaml", "apiVersion: v1\nkind: Service\n", "is infrastructure")]
    [InlineData("ops/new.js", "run();\n", "is a new file where the repository had none of its kind")]
    public async Task Publish_PlanMadeHarmlessForNobody_IsRiskyAllTheSame(string path, string content, string why)
    {
        var plan = FakeWork.Plan with { Edits = [.. FakeWork.Plan.Edits, new(path, "harmless")], Risks = [] };
        var held = await PublishAsync(await UnapprovedAsync(path, content, plan));
        NothingLeft(held);
        Refusal(held).Asks.ShouldContain(new RiskyFile(path, why));
    }

    [Theory]
    [InlineData("src/PayloadTests.cs")]
    [InlineData("src/test/Payload.cs")]
    public async Task Publish_TestThatAProjectOfTheProductCompiles_IsOutsideThePlan(string path)
    {
        var held = await PublishAsync(await UnapprovedAsync(path, "class Payload { }\n"));
        NothingLeft(held);
        held.Verdicts.Where(v => !v.Passed).Select(v => v.Gate).ShouldContain("plan");
        held.Verdicts.Single(v => v.Gate == "plan").Message.ShouldContain("What the product compiles or loads is no test");
    }

    [Fact]
    public async Task Publish_NewPackage_IsHeldForItsAdvisoryAndToldToTheReviewer()
    {
        var advisories = new Advisories();
        advisories.Add("""{ "id": "GHSA-1", "affected": [ { "package": { "ecosystem": "npm", "name": "left-pad" }, "versions": ["1.2.0"] } ] }""").ShouldBeTrue();
        advisories.Add("""{ "releases": { "npm": { "left-pad": { "1.3.0": "2018-04-09T00:00:00Z" } } } }""").ShouldBeTrue();
        Settings = Settings with { Advisories = advisories };
        var plan = FakeWork.Plan with { Edits = [.. FakeWork.Plan.Edits, new("package.json", "needs left-pad")] };
        async Task<ApplyActivities.PublishStep> WithAsync(string version)
        {
            var step = await UnapprovedAsync("package.json", $"{{ \"dependencies\": {{ \"left-pad\": \"{version}\" }} }}", plan);
            return Agreed(step, new AgentActivities.AmendedPlan(plan, HashOf(plan), step.Records!.Plan!));
        }

        var held = await PublishAsync(await WithAsync("1.2.0"));
        NothingLeft(held);
        Refusal(held).ShouldSatisfyAllConditions(v => v.Gate.ShouldBe("dependencies"), v => v.FixerFirst.ShouldBeTrue(), v => v.Asks.ShouldBe([new("package.json", "takes left-pad 1.2.0, which has known advisories: GHSA-1")]));

        var fine = await PublishAsync(await WithAsync("1.3.0"), "five");
        fine.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        var body = (await Forge.GetPullAsync(TaskHarness.Repo, fine.Pull!.Value, default)).Body;
        body.ShouldContain("### For the reviewer\n\n- [ ] risk: As a person or the policy allows: package.json declares dependencies. Look at these first.\n- [ ] dependencies: 1 package new");
        body.ShouldContain("| left-pad (npm) | new | 1\\.3.0 |");
        body.ShouldContain("| none known |");
    }

    [Fact]
    public async Task Publish_FixThatTakesAPersonsWord_LeavesWithIt()
    {
        Remote.Git("branch", "feature", Remote.Sha);
        Forge.OpenPull(9, "feature", Remote.Sha);
        var step = await UnapprovedAsync("package-lock.json", "{}\n");
        step = step with { Branch = "feature", ExpectedHead = Remote.Sha, Pull = 9, Records = step.Records! with { Request = Request(TaskKind.Fix, 9), Plan = null, Evidence = Evidence(Tree(step), null) } };
        var held = await PublishAsync(step);
        held.HeadSha.ShouldBeNull();
        Refusal(held).Asks.ShouldBe([new("package-lock.json", "declares dependencies")]);

        var amended = await AmendedAsync(step, Refusal(held).Asks);
        amended.Plan.Edits.Select(e => e.Path).ShouldBe(["package-lock.json"]);
        // Without anybody's word it is as if it were not there.
        Refusal(await PublishAsync(step with { Records = step.Records! with { Plan = amended.Record } })).Gate.ShouldBe("risk");
        // Nor does a word on something else than it is.
        var harmless = await AmendedAsync(step, [new("package-lock.json", "is harmless")]);
        Refusal(await PublishAsync(Agreed(step, harmless, 9))).Gate.ShouldBe("risk");
        (await PublishAsync(Agreed(step, amended, 9))).Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
    }
}
