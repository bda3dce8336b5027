using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Tasks;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>The base branch moves on: what git makes of it, and what is pushed.</summary>
public sealed class BaseMovesTests : ApplierTests
{
    [Fact]
    public async Task Base_NotMoved_IsToldWithoutLookingAtAnything()
    {
        var reading = await ReadAsync(null, null);
        (reading.Branch, reading.Head, reading.IsMoved, reading.Snapshot).ShouldBe(("main", Remote.Sha, false, null));
    }

    [Fact]
    public async Task Base_MovedBeforePublishing_TheWorkIsOneCommitOnItsNewHead()
    {
        var snapshot = await EditedAsync();
        var moved = MainMoves("docs/new.md", "new\n");

        var reading = await ReadAsync(snapshot, null);
        (reading.Head, reading.IsMoved, reading.IsRewritten, reading.Problem).ShouldBe((moved, true, false, ""));
        reading.Conflicts.ShouldBeEmpty();
        var published = await PublishAsync(await OnAsync(moved, reading.Snapshot!, null));

        published.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        Remote.Git("rev-list", "--parents", "-1", Branch).Trim().ShouldBe($"{published.HeadSha} {moved}");
        Remote.Git("diff", "--name-only", moved, Branch).Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["src/A.cs", "tests/ATests.cs"]);
    }

    [Fact]
    public async Task Base_MovedWhileWaiting_IsMergedSoThatNothingIsForcedAndNothingLost()
    {
        var snapshot = await EditedAsync();
        var first = await PublishAsync(await StepAsync(snapshot));
        var moved = MainMoves("docs/new.md", "new\n");
        var reading = await ReadAsync(snapshot, first.HeadSha, first.Pull);
        var step = await OnAsync(moved, reading.Snapshot!, first.HeadSha) with { Pull = first.Pull };

        var merged = await PublishAsync(step);

        merged.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        Remote.Git("rev-list", "--parents", "-1", Branch).Trim().ShouldBe($"{merged.HeadSha} {first.HeadSha} {moved}");
        Remote.Git("log", "-1", "--format=%s", Branch).Trim().ShouldBe("chore: merge main");
        Remote.Git("show", $"{Branch}:docs/new.md").ShouldBe("new\n");
        Remote.Git("show", $"{Branch}:src/A.cs").ShouldBe("one\ntwo\nthree\n");
        Remote.Git("rev-parse", "main").Trim().ShouldBe(moved);
        // A retry makes the same commit, and the next look finds nothing to do.
        (await PublishAsync(step, "four")).HeadSha.ShouldBe(merged.HeadSha);
        (await ReadAsync(null, merged.HeadSha, first.Pull, baseSha: Remote.Sha)).IsMoved.ShouldBeFalse();
    }

    [Fact]
    public async Task Base_MovedWhileWaiting_IsMergedByTheForgeWhereThatSigns()
    {
        (Forge.Remote, Forge.Signs) = (Remote, true);
        Forge.Files[".github/coding-agent.yml"] = "version: 1\ncommits: { verified: true }\n";
        var snapshot = await EditedAsync();
        var first = await PublishAsync(await StepAsync(snapshot));
        var moved = MainMoves("docs/new.md", "new\n");
        var reading = await ReadAsync(snapshot, first.HeadSha, first.Pull);
        var step = await OnAsync(moved, reading.Snapshot!, first.HeadSha) with { Pull = first.Pull };

        var merged = await PublishAsync(step);

        merged.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        Remote.Git("rev-list", "--parents", "-1", Branch).Trim().ShouldBe($"{merged.HeadSha} {first.HeadSha} {moved}");
        Forge.Made.ShouldBe([first.HeadSha!, merged.HeadSha!]);
        (await PublishAsync(step, "four")).HeadSha.ShouldBe(merged.HeadSha);
        Forge.Made.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Base_Conflicts_AreNamed_AndMarkersAreNeverPublished()
    {
        var snapshot = await EditedAsync();
        var first = await PublishAsync(await StepAsync(snapshot));
        var moved = MainMoves("src/A.cs", "one\ntwo\nTHREE of others\n");

        var reading = await ReadAsync(snapshot, first.HeadSha, first.Pull);
        reading.Conflicts.ShouldHaveSingleItem().Path.ShouldBe("src/A.cs");
        var refused = await PublishAsync(await OnAsync(moved, reading.Snapshot!, first.HeadSha) with { Pull = first.Pull });
        refused.HeadSha.ShouldBeNull();
        refused.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem().Message.ShouldBe("Conflict markers are left in src/A.cs. Bring both sides together and remove them.");

        // The fixer sees both sides on the new base, and what it makes of them is published.
        Model.Calls("write_file", new { path = "src/A.cs", content = "one\ntwo\nthree\nTHREE of others\n" }).Answers(FakeWork.Report);
        var fixer = await CoderStepAsync() with { BaseSha = moved, Work = new WorkOrder(AgentRole.Fixer) { Conflicts = ["src/A.cs"] } };
        fixer = fixer with { Run = new AgentRunState("run-2-fixer", AgentRole.Fixer, reading.Snapshot, []) };
        var mended = (await new ActivityEnvironment().RunAsync(() => Agents("five").RunAgentAsync(fixer))).Snapshot.ShouldNotBeNull();
        string.Concat(Model.Requests.Last().Messages.Select(m => m.Text)).ShouldContain("between <<<<<<< and ======= stands this change");
        var published = await PublishAsync(await OnAsync(moved, mended, first.HeadSha) with { Pull = first.Pull });
        published.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        Remote.Git("show", $"{Branch}:src/A.cs").ShouldBe("one\ntwo\nthree\nTHREE of others\n");
    }

    [Fact]
    public async Task Base_ForcePushedToAnotherHistory_TakesTheWorkOver()
    {
        var snapshot = await EditedAsync();
        Forge.Branches["main"] = Remote.Git("commit-tree", "-m", "another beginning", $"{Remote.Sha}^{{tree}}").Trim();
        Remote.Git("update-ref", "refs/heads/main", Forge.Branches["main"]);
        var reading = await ReadAsync(snapshot, null, worker: "one");
        (reading.IsMoved, reading.IsRewritten, reading.Problem).ShouldBe((true, true, ""));
        Tree(await StepAsync(reading.Snapshot, signs: true)).ShouldBe(SnapshotRef.Parse(snapshot).TreeId);
        // Where nobody has the old commit any more, there is nothing to compare with.
        (await ReadAsync(snapshot, null)).Problem.ShouldBe("The history of main was rewritten, and the commit this work began from is gone.");
    }

    [Fact]
    public async Task Base_ForcePushedWhileWaiting_IsLeftToPeople()
    {
        var first = await PublishAsync(await StepAsync());
        Forge.Branches["main"] = Remote.Git("commit-tree", "-m", "another beginning", $"{Remote.Sha}^{{tree}}").Trim();
        Remote.Git("update-ref", "refs/heads/main", Forge.Branches["main"]);
        (await ReadAsync(null, first.HeadSha, first.Pull)).Problem.ShouldStartWith("The history of main was rewritten after this branch was made");
    }

    [Fact]
    public async Task Base_ForcePushedBack_TheWorkMovesOverToWhatIsThere()
    {
        // The work began on a commit that was taken back afterwards.
        var before = Remote.Sha;
        var takenBack = MainMoves("docs/secret.md", "oops\n");
        var snapshot = await EditedAsync();
        var onIt = await ReadAsync(snapshot, null);
        Remote.Git("update-ref", "refs/heads/main", before);
        var other = Forge.Branches["main"] = Remote.CommitOn("main", "docs/new.md", "new\n");

        var reading = await ReadAsync(onIt.Snapshot, null, baseSha: takenBack);

        (reading.IsMoved, reading.IsRewritten, reading.Head, reading.Problem).ShouldBe((true, true, other, ""));
        var published = await PublishAsync(await OnAsync(other, reading.Snapshot!, null));
        published.Verdicts.Where(v => !v.Passed).Select(v => v.Message).ShouldBeEmpty();
        Remote.Git("ls-tree", "-r", "--name-only", Branch).ShouldNotContain("secret");
    }

    [Fact]
    public async Task Base_BesideWhatPeoplePushed_IsComparedWithThat()
    {
        await PublishAsync(await StepAsync());
        var theirs = Remote.CommitOn(Branch, "src/A.cs", "one\ntwo\nthree, as ann likes it\n");
        MainMoves("src/A.cs", "one\ntwo\nTHREE of others\n");
        var (git, mirrors) = Worker("six");
        var step = new BaseActivities.BaseStep(TaskHarness.Repo, "main", theirs, null, theirs, null) { IsOnPeoplesWork = true };
        var reading = await new ActivityEnvironment().RunAsync(() => new BaseActivities(git, mirrors, Forge, Stores, TimeProvider.System).ReadBaseAsync(step));
        (reading.IsMoved, reading.IsRewritten, reading.Problem).ShouldBe((true, false, ""));
        reading.Conflicts.ShouldHaveSingleItem().Path.ShouldBe("src/A.cs");
        (reading.Snapshot, reading.Policy).ShouldBe((null, null), "only looked at");
    }

    [Fact]
    public async Task Base_Gone_IsTold()
    {
        Forge.Branches.TryRemove("main", out _);
        (await ReadAsync(null, null)).Head.ShouldBeNull();
    }

    [Fact]
    public async Task Base_ThatHasAllOfTheWork_LeavesNothing()
    {
        var snapshot = await EditedAsync();
        Remote.CommitOn("main", "src/A.cs", "one\ntwo\nthree\n");
        Forge.Branches["main"] = Remote.CommitOn("main", "tests/ATests.cs", "test three\n");
        var reading = await ReadAsync(snapshot, null);
        (reading.IsMoved, reading.Snapshot, reading.Conflicts.Count).ShouldBe((true, null, 0));
    }

    [Fact]
    public async Task Base_PolicyThatCannotBeReadAnyMore_IsTheProblem()
    {
        var snapshot = await EditedAsync();
        MainMoves("docs/new.md", "new\n");
        Forge.Files[".github/coding-agent.yml"] = "version: 1\nplann: {}\n";
        (await ReadAsync(snapshot, null)).Problem.ShouldContain("line 2");
    }

    [Fact]
    public async Task Base_ThatAPersonChoseAnew_IsFollowed()
    {
        var first = await PublishAsync(await StepAsync());
        Remote.Git("branch", "next", Remote.Sha);
        Forge.Branches["next"] = Remote.CommitOn("next", "docs/next.md", "x\n");
        Forge.SetPull(first.Pull!.Value, p => p with { BaseBranch = "next", MustFollowBase = true });
        var reading = await ReadAsync(null, first.HeadSha, first.Pull);
        (reading.Branch, reading.Head, reading.MustFollow).ShouldBe(("next", Forge.Branches["next"], true));
        (await PublishAsync(await OnAsync(reading.Head!, reading.Snapshot!, first.HeadSha) with { Pull = first.Pull })).HeadSha.ShouldNotBeNull();
    }

    private string MainMoves(string path, string text) => Forge.Branches["main"] = Remote.CommitOn("main", path, text);

    private Task<BaseActivities.BaseReading> ReadAsync(string? snapshot, string? head, int? pull = null, string? baseSha = null, string worker = "six")
    {
        var (git, mirrors) = Worker(worker);
        var activities = new BaseActivities(git, mirrors, Forge, Stores, TimeProvider.System);
        return new ActivityEnvironment().RunAsync(() => activities.ReadBaseAsync(new BaseActivities.BaseStep(TaskHarness.Repo, "main", baseSha ?? Remote.Sha, snapshot, head, pull) { Takes = true }));
    }

    /// <summary>What an honest task hands over once its work is a change of another commit.</summary>
    private async Task<ApplyActivities.PublishStep> OnAsync(string baseSha, string snapshot, string? head)
    {
        var step = await StepAsync(snapshot, signs: true);
        return step with
        {
            BaseSha = baseSha,
            Snapshot = snapshot,
            ExpectedHead = head,
            Records = step.Records! with { Build = Build(baseSha: baseSha), Evidence = Evidence(SnapshotRef.Parse(snapshot).TreeId, FakeWork.Plan, baseSha: baseSha) },
        };
    }
}
