using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>What leaves, and as what.</summary>
public sealed class ApplyActivitiesTests : ApplierTests
{
    [Fact]
    public async Task Change_EditedCheckedPublishedByThreeWorkers_ArrivesAsOneCommit()
    {
        var snapshot = await EditedAsync();
        string? seen = null;
        Sandbox = new FakeSandbox(c =>
        {
            seen = File.ReadAllText(Path.Combine(c.WorkspacePath, "src/A.cs"));
            return (0, "Passed!");
        });
        var step = await StepAsync(snapshot);
        seen.ShouldBe("one\ntwo\nthree\n");

        var published = await PublishAsync(step);
        published.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        published.Verdicts[0].Message.ShouldBe("Asked for by ann; the plan was approved by ann; request, plan, approval and check results are signed by who made them.");
        Remote.Git("rev-parse", Branch).Trim().ShouldBe(published.HeadSha);
        Remote.Git("rev-parse", "main").Trim().ShouldBe(Remote.Sha);
        var message = Remote.Git("log", "-1", "--format=%B", published.HeadSha!);
        message.ShouldContain("Co-authored-by: ann <5+ann@users.noreply.forge.test>");
        message.ShouldContain("Agent-Task: task/github:acme/shop/issue/7");
        (await Forge.GetPullAsync(TaskHarness.Repo, published.Pull!.Value, default)).IsDraft.ShouldBeTrue();
        Forge.EvidenceChecks.Single().HeadSha.ShouldBe(published.HeadSha);
        (await Stores.FindByHeadAsync(TaskHarness.Repo, published.HeadSha!, default)).ShouldBe(Task);

        // Once more, as a retry would: the same commit, the same pull request.
        (await PublishAsync(step, "four")).HeadSha.ShouldBe(published.HeadSha);
        Remote.Git("rev-list", "--count", Branch).Trim().ShouldBe("2");
        Tokens.Asked.Where(a => a.Permissions.HasFlag(TokenPermissions.WriteContents)).ShouldAllBe(a => a.Step == "push");
    }

    [Fact]
    public async Task Publish_ReportWhoseWordsAct_LeavesTheWordsWithoutTheirEffect()
    {
        var step = await StepAsync();
        var published = await PublishAsync(step with { Report = step.Report with { Title = "docs: fix [ci skip]", Summary = "Summary with [skip ci] and Fixes #99" }, Latest = null });

        var message = Remote.Git("log", "-1", "--format=%B", published.HeadSha!);
        message.ShouldStartWith("docs: fix (ci skip)\n\nSummary with (skip ci) and Fixes no. 99\n");
        var pull = await Forge.GetPullAsync(TaskHarness.Repo, published.Pull!.Value, default);
        pull.Title.ShouldBe("docs: fix (ci skip)");
        pull.Body.ShouldStartWith("Closes #7\n");
        pull.Body.ShouldNotContain("#99");
        pull.Body.ShouldNotContain("[skip ci]");
    }

    [Theory]
    [InlineData("a comment that names the plan")]
    [InlineData("a comment whose author made it one")]
    [InlineData("a comment with another command before it")]
    [InlineData("a plan comment as the forge keeps it")]
    [InlineData("REST, by the plan's hash")]
    [InlineData("a policy that asks for none")]
    public async Task Publish_ApprovalInEveryHonestForm_Counts(string what)
    {
        var step = await StepAsync();
        var records = step.Records!;
        switch (what)
        {
            case "a comment that names the plan": Forge.EditComment(ApprovalComment, _ => $"/agent approve {HashOf(FakeWork.Plan).ToUpperInvariant()}", Date.AddMinutes(2)); break;
            case "a comment with another command before it": Forge.EditComment(ApprovalComment, _ => "/agent status?\n\n/agent approve\n\nbut keep the names", Date.AddMinutes(2)); break;
            case "a comment whose author made it one": Forge.EditComment(ApprovalComment, b => b, Date.AddMinutes(2)); break;
            case "a plan comment as the forge keeps it": Forge.EditComment(ShownPlan, b => b.Replace("\n", "\r\n", StringComparison.Ordinal), Date.AddSeconds(1)); break;
            case "REST, by the plan's hash": records = records with { Approval = Keys.Sign(new ApprovalRecord(Task, "rest", HashOf(FakeWork.Plan), null)) }; break;
            case "a policy that asks for none":
                Forge.Files[".github/coding-agent.yml"] = "version: 1\nplan: { approval: never }\n";
                records = records with { Approval = null };
                break;
        }

        var outcome = await PublishAsync(step with { Records = records });
        outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        outcome.HeadSha.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("package.json", "{ \"scripts\": { \"test\": \"true\" } }", false)]
    [InlineData("package.json", "{ \"devDependencies\": {} }", false)]
    [InlineData("src/B.cs", "two", true)]
    [InlineData("tests/conftest.py", "import os; os._exit(0)", false)]
    [InlineData("tests/run.sh", "exit 0", false)]
    public async Task Publish_ChangeOfWhatDecidesHowChecksRun_TakesAPersonsWord(string path, string content, bool isFine)
    {
        Model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "two\nthree" })
            .Calls("write_file", new { path = "tests/ATests.cs", content = "test three\n" })
            .Calls("write_file", new { path, content })
            .Answers(FakeWork.Report);
        var plan = FakeWork.Plan with { Edits = [.. FakeWork.Plan.Edits, new(path, "as asked")] };
        var coder = await CoderStepAsync() with { Plan = plan };
        var snapshot = (await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(coder))).Snapshot.ShouldNotBeNull();
        var step = await StepAsync(snapshot, plan);
        var run = "bash tests/run.sh";
        Forge.Files[".github/coding-agent.yml"] = $"version: 1\nplan: {{ approval: never }}\nchecks: [ {{ name: test, run: \"{run}\" }} ]\n";
        var policy = new RepositoryPolicy { Checks = [new("test", run)] };
        var records = step.Records! with { Build = Build(policy, policy), Evidence = Evidence(Tree(step), plan, checks: Passed("test", run)), Approval = null };

        var unasked = await PublishAsync(step with { Records = records });
        unasked.Verdicts.Where(v => !v.Passed).Select(v => v.Gate).ShouldBe(isFine ? [] : ["risk"]);
        if (isFine) return;
        Forge.EditComment(ShownPlan, _ => CommentOf(plan), Date.AddSeconds(1));
        var asked = await PublishAsync(step with { Records = records with { Approval = Approval() } });
        asked.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        asked.Verdicts.Single(v => v.Marked).Message.ShouldContain(path);
    }

    [Fact]
    public async Task Publish_OverAPullRequestOfAnotherBranch_IsHeldBack()
    {
        Remote.Git("branch", "feature", Remote.Sha);
        Forge.OpenPull(9, "feature", Remote.Sha);
        var outcome = await PublishAsync(await StepAsync() with { Pull = 9 });
        outcome.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem().Message.ShouldContain("does not come from");
        (await Forge.GetPullAsync(TaskHarness.Repo, 9, default)).Body.ShouldBe("Body");
    }

    [Fact]
    public async Task Publish_OnACommitOfNoBranch_IsHeldBack()
    {
        var step = await StepAsync();
        // The base branch was force-pushed, or the commit comes from a fork: its tree was never judged.
        Remote.Git("branch", "kept", Remote.Sha);
        Forge.Branches["main"] = Remote.Git("commit-tree", "-m", "unrelated", $"{Remote.Sha}^{{tree}}").Trim();
        Remote.Git("update-ref", "refs/heads/main", Forge.Branches["main"]);
        var outcome = await PublishAsync(step);
        outcome.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem().Message.ShouldContain("no longer in the history of its base branch");
    }

    [Fact]
    public async Task Publish_ToTheHeadOfAPullRequest_OnlyWhenAPersonAskedForItThere()
    {
        Remote.Git("branch", "feature", Remote.Sha);
        Forge.OpenPull(9, "feature", Remote.Sha);
        var step = await StepAsync(head: Remote.Sha) with { Branch = "feature", Pull = 9 };
        // A link in the service's own table is no proof: who may write to Temporal can have one made.
        await Stores.LinkAsync(Task, TaskHarness.Repo, null, 9, null, default);
        (await PublishAsync(step)).Verdicts.Where(v => !v.Passed).Select(v => v.Gate).ShouldBe(["branch"]);

        var pull = TaskId.ForPull(TaskHarness.Repo, 9);
        var fix = step with
        {
            Task = pull,
            Records = step.Records! with { Request = Request(TaskKind.Fix, 9, pull), Plan = null, Approval = null, Evidence = await CheckedAsync(step.Snapshot!, null) },
        };
        (await PublishAsync(fix with { Branch = Branch, ExpectedHead = null })).Verdicts.Where(v => !v.Passed).Select(v => v.Gate).ShouldBe(["branch", "pull"]);
        (await PublishAsync(fix)).HeadSha.ShouldBe(Remote.Git("rev-parse", "feature").Trim());
        (await Forge.GetPullAsync(TaskHarness.Repo, 9, default)).Body.ShouldBe("Body");
    }

    [Theory]
    [InlineData("it cannot run", true)]
    [InlineData("optional and red", true)]
    [InlineData("red", false)]
    [InlineData("on another commit", false)]
    [InlineData("unsigned", false)]
    [InlineData("named by people", false)]
    public async Task Publish_WithoutADetectedCheck_WhereTheBaseShowsWhy(string why, bool isFine)
    {
        var step = await StepAsync();
        var two = OneCheck with { Checks = [.. OneCheck.Checks, new("lint", "make lint")] };
        var build = Keys.Open<BuildRecord>(Build(completed: two))!;
        var lint = build.Checks[1] with { IsDetected = why != "named by people", IsOptional = why == "optional and red" };
        var red = Red("lint", "make lint") with { CannotRun = why is "optional and red" or "red" ? null : "make is not here" };
        var trial = Evidence("base", null, isBase: true, baseSha: why == "on another commit" ? new string('e', 40) : null, checks: [Passed("test", "dotnet test"), red]);
        var records = step.Records! with
        {
            Build = Keys.Sign(build with { Checks = [build.Checks[0], lint] }),
            Trials = [why == "unsigned" ? trial with { Signature = Convert.ToBase64String(new byte[64]) } : trial],
        };
        var outcome = await PublishAsync(step with { Records = records });
        outcome.Verdicts.Where(v => !v.Passed).Select(v => v.Gate).ShouldBe(isFine ? [] : ["checks"]);
    }

    [Fact]
    public async Task Publish_WithoutEvidenceOfThisTree_IsHeldBackAndPushesNothing()
    {
        var step = await StepAsync();
        var outcome = await PublishAsync(step with { Records = step.Records! with { Evidence = Evidence("other", FakeWork.Plan) } });
        NothingLeft(outcome);
        outcome.Verdicts.Where(v => !v.Passed).Select(v => v.Gate).ShouldBe(["tests", "checks"]);
    }

    [Fact]
    public async Task Publish_SomebodyPushedMeanwhile_IsAConflictNotAForce()
    {
        var step = await StepAsync();
        var first = await PublishAsync(step);
        var theirs = Remote.CommitOn(Branch, "src/A.cs", "theirs\n");
        Model.Calls("write_file", new { path = "src/A.cs", content = "again\n" }).Answers(FakeWork.Report);
        var coder = await CoderStepAsync() with { Run = new AgentRunState("run-2-fixer", AgentRole.Fixer, step.Snapshot, []) };
        var again = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(coder));
        var outcome = await PublishAsync(await StepAsync(again.Snapshot, head: first.HeadSha));
        outcome.Conflict.ShouldContain("Somebody pushed");
        Remote.Git("rev-parse", Branch).Trim().ShouldBe(theirs);
    }

    [Fact]
    public async Task ChangedLfsFile_IsHeldBackByTheGates()
    {
        using var remote = new GitRemote(new Dictionary<string, string>
        {
            [".gitattributes"] = "*.bin filter=lfs\n",
            ["a.bin"] = $"version https://git-lfs.github.com/spec/v1\noid sha256:{new string('a', 64)}\nsize 7\n",
        });
        Forge.CloneUrl = remote.Url;
        Forge.Branches["main"] = remote.Sha;
        Model.Calls("write_file", new { path = "a.bin", content = "changed\n" }).Answers(FakeWork.Report);
        var coder = await CoderStepAsync() with { BaseSha = remote.Sha };
        var snapshot = (await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(coder))).Snapshot.ShouldNotBeNull();
        var step = new ApplyActivities.PublishStep(Task, TaskHarness.Repo, "Three", remote.Sha, snapshot, Branch, null, FakeWork.Report, "implement-1", Date) { PlanComment = ShownPlan };
        var hash = PlanHash.Of(FakeWork.Plan, remote.Sha, "");
        Forge.EditComment(ShownPlan, _ => CommentOf(FakeWork.Plan, hash), Date.AddSeconds(1));
        var outcome = await PublishAsync(step with
        {
            Records = new ApplyActivities.StepRecords(
                Request(), Keys.Sign(new PlanRecord(Task, remote.Sha, "", FakeWork.Plan)), Approval(), Build(baseSha: remote.Sha), Evidence(Tree(step), FakeWork.Plan, baseSha: remote.Sha), []),
        });
        outcome.Verdicts.Single(v => v.Gate == "binaries").Message.ShouldStartWith("Files kept in Git LFS were changed: a.bin.");
        outcome.HeadSha.ShouldBeNull();
    }
}
