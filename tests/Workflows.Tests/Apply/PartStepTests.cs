using CodingAgent.Agents.Cohort;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>
/// Parts of a task. Nobody signs that there is one: a part goes by the records of the whole, and may do nothing but its share of the plan that they show,
/// so that making one up wins nothing.
/// </summary>
public sealed class PartStepTests : ApplierTests
{
    private const string Asks = "version: 1\nplan: { approval: always }\n";

    private static readonly string[] Own = ["src/A.cs", "tests/ATests.cs"];

    private static Plan Whole { get; } = FakeWork.Plan with { Edits = [.. FakeWork.Plan.Edits, new("src/B.cs", "The other part.")] };

    private static TaskId Part { get; } = Task with { Part = "abcdef-1" };

    /// <summary>What an honest part of a task hands over; the whole plan is shown and approved.</summary>
    private async Task<ApplyActivities.PublishStep> PartAsync(Plan? whole = null, IReadOnlyList<string>? paths = null, TaskKind kind = TaskKind.Implement, params CheckEvidence[] checks)
    {
        Forge.Files[".github/coding-agent.yml"] = Asks;
        var (plan, step) = (whole ?? Whole, await StepAsync(signs: true));
        var shown = Forge.AddComment(7, "coding-agent", CommentOf(plan), Date);
        return step with
        {
            Task = Part,
            Branch = "coding-agent/issue-7-abcdef-1",
            PlanComment = shown,
            Records = step.Records! with
            {
                Request = Request(kind),
                Plan = Keys.Sign(new PlanRecord(Task, Remote.Sha, "", plan)),
                Evidence = Evidence(Tree(step), TaskPart.PlanOf(plan, paths ?? Own), checks: checks),
                PartPaths = paths ?? Own,
            },
        };
    }

    [Fact]
    public async Task Publish_Part_IsAPullRequestOfItsOwnThatLeavesTheIssueToTheWhole()
    {
        await Stores.LinkAsync(Task, TaskHarness.Repo, 7, null, null, default);
        var outcome = await PublishAsync(await PartAsync());
        outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();

        var pull = await Forge.GetPullAsync(TaskHarness.Repo, outcome.Pull!.Value, default);
        pull.Body.ShouldStartWith("Part of #7;");
        pull.Body.ShouldNotContain("Closes");
        (await Stores.FindByPullAsync(TaskHarness.Repo, pull.Number, default)).ShouldBe(Part);
        (await Stores.FindByIssueAsync(TaskHarness.Repo, 7, default)).ShouldBe(Task);
    }

    [Theory]
    [InlineData("no files named")]
    [InlineData("files that the plan does not name")]
    [InlineData("of another task")]
    [InlineData("a request for the part alone")]
    [InlineData("a plan made for the part alone")]
    [InlineData("an approval of the part's plan alone")]
    [InlineData("nobody approved the whole")]
    [InlineData("evidence under the whole plan")]
    [InlineData("a part of a part")]
    public async Task Publish_PartThatNobodyAskedFor_IsHeldBack(string what)
    {
        var step = await PartAsync();
        var records = step.Records!;
        var own = TaskPart.PlanOf(Whole, Own);
        step = what switch
        {
            "no files named" => step with { Records = records with { PartPaths = [] } },
            "files that the plan does not name" => step with { Records = records with { PartPaths = ["src/Evil.cs"] } },
            "of another task" => step with { Task = TaskId.ForIssue(TaskHarness.Repo, 8) with { Part = "abcdef-1" } },
            "a request for the part alone" => step with { Records = records with { Request = Request(task: Part) } },
            "a plan made for the part alone" => step with { Records = records with { Plan = Keys.Sign(new PlanRecord(Part, Remote.Sha, "", own)) } },
            "an approval of the part's plan alone" => step with { Records = records with { Approval = Approval(HashOf(own)) } },
            "nobody approved the whole" => step with { Records = records with { Approval = null } },
            "evidence under the whole plan" => step with { Records = records with { Evidence = Evidence(Tree(step), Whole) } },
            _ => step with { Task = Part with { Part = "abcdef-1/part/2" } },
        };
        if (what == "a part of a part")
        {
            TaskId.TryParse(step.Task.ToString(), out _).ShouldBeFalse();
            return;
        }

        var outcome = await PublishAsync(step);
        NothingLeft(outcome);
        outcome.Verdicts.ShouldHaveSingleItem().Gate.ShouldBe("records");
    }

    [Fact]
    public async Task Publish_FilesOfAnotherPart_AreOutsideItsPlan()
    {
        var outcome = await PublishAsync(await PartAsync(paths: ["src/B.cs"]));
        NothingLeft(outcome);
        outcome.Verdicts.Single(v => !v.Passed && v.Gate == "plan").Message.ShouldContain("Outside the approved plan: src/A.cs");
    }

    [Fact]
    public async Task Publish_SmallPartOfALargePlanThatNobodyApproved_TakesAPersonsWord()
    {
        var large = Whole with { Edits = [.. Whole.Edits, .. Enumerable.Range(1, 20).Select(i => new PlannedEdit($"src/C{i}.cs", "Too."))] };
        var step = await PartAsync(large);
        Forge.Files[".github/coding-agent.yml"] = "version: 1\n";
        var outcome = await PublishAsync(step with { Records = step.Records! with { Approval = null } });
        NothingLeft(outcome);
        outcome.Verdicts.Single(v => !v.Passed).Message.ShouldContain("it names 23 files");
    }

    [Theory]
    [InlineData("a part of an upgrade", true)]
    [InlineData("a part of an upgrade on its own draft", true)]
    [InlineData("a part that a person has made ready", false)]
    [InlineData("an upgrade as a whole", false)]
    [InlineData("a part of another job", false)]
    [InlineData("an upgrade with one pull request", false)]
    [InlineData("a check left out", false)]
    public async Task Publish_Red_LeavesOnlyAsTheDraftOfAPartOfAnUpgrade(string what, bool leaves)
    {
        var step = await PartAsync(kind: what == "a part of another job" ? TaskKind.Implement : TaskKind.Upgrade, checks: what == "a check left out" ? Red("other", "make") : Red("test", "dotnet test"));
        if (what == "an upgrade with one pull request")
            Forge.Files[".github/coding-agent.yml"] = Asks + "upgrade: { pulls: one }\n";
        if (what == "an upgrade as a whole")
            step = step with { Task = Task, Records = step.Records! with { PartPaths = null, Evidence = Evidence(Tree(step), Whole, checks: Red("test", "dotnet test")) } };
        if (what.Contains("draft", StringComparison.Ordinal) || what.Contains("ready", StringComparison.Ordinal))
        {
            var pull = await Forge.EnsureDraftPullAsync(TaskHarness.Repo, new(step.Branch, "main", "T", "B"), default);
            Forge.SetPull(pull.Number, p => p with { IsDraft = what.Contains("draft", StringComparison.Ordinal) });
            step = step with { Pull = pull.Number };
        }

        var outcome = await PublishAsync(step);
        if (!leaves)
        {
            outcome.HeadSha.ShouldBeNull();
            outcome.Verdicts.ShouldContain(v => !v.Passed && v.Gate == "checks");
            return;
        }

        outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        outcome.Verdicts.Single(v => v.Gate == "checks").ShouldSatisfyAllConditions(v => v.Marked.ShouldBeTrue(), v => v.Message.ShouldContain("this is a draft that shows it: test"));
        Forge.EvidenceChecks.ShouldContain(c => c.Conclusion == CodingAgent.Forges.CiState.Failed);
        (await Forge.GetPullAsync(TaskHarness.Repo, outcome.Pull!.Value, default)).IsDraft.ShouldBeTrue();
    }
}
