using System.Net;

namespace CodingAgent.Forges.Tests.Contract;

/// <summary>CI of a forge with workflow files: which result counts, what is behind it, and asking for more.</summary>
public abstract class WorkflowContract : ForgeContract
{
    /// <summary>The same forge, through an account that may not see the forge's own CI runs.</summary>
    protected abstract IForge ForgeWithoutRuns { get; }

    /// <summary>Pushes workflow files of one job each, which the forge then runs if they are for pushes; the new head.</summary>
    protected abstract Task<string> PushCiAsync(string branch, params CiFile[] files);

    /// <summary>Cancels whatever runs on a commit.</summary>
    protected abstract Task CancelCiAsync(string sha);

    /// <summary>Deletes the logs of a commit's runs.</summary>
    protected abstract Task DeleteLogsAsync(string sha);

    /// <summary>Reports, as an app, that a person has to act, with a remark on a line.</summary>
    protected abstract Task AskPersonAsync(string sha, string name, string path, int line, string message);

    /// <summary>A workflow file.</summary>
    protected sealed record CiFile(string File, string Workflow, string Job, string Shell, string On = "push");

    [Fact]
    public async Task Ci_TwoWorkflowsWithAJobOfOneName_DoNotHideEachOther()
    {
        var sha = await PushCiAsync("ci-twice", new CiFile("a.yml", "unit", "test", "exit 1"), new CiFile("b.yml", "docs", "test", "true"));
        var ci = await EndedAsync(Forge, sha, 2);
        ci.Select(c => (c.Workflow, c.Name, c.State, c.Title)).ShouldBe([
            ("docs", "test", CiState.Passed, "docs / test"),
            ("unit", "test", CiState.Failed, "unit / test"),
        ]);
        ci[0].Source.ShouldNotBe(ci[1].Source);
        ci.ShouldAllBe(c => c.Origin == CiOrigin.Job && !c.IsOurs);
        // Who may not see the runs sees no less red.
        (await ForgeWithoutRuns.GetCiAsync(Repo, sha, None)).Select(c => (c.Name, c.State)).OrderBy(c => c.State).ShouldBe([("test", CiState.Passed), ("test", CiState.Failed)]);
    }

    [Fact]
    public async Task Ci_OnAnotherCommit_HasTheSameSource()
    {
        var first = await EndedAsync(Forge, await PushCiAsync("ci-source", new CiFile("s.yml", "source", "job", "true")), 1);
        var second = await EndedAsync(Forge, await PushAsync("ada", "ci-source", ("other.txt", "x")), 1);
        second[0].Source.ShouldBe(first[0].Source);
        second[0].Suite.ShouldBeGreaterThan(first[0].Suite);
    }

    [Fact]
    public async Task Log_OfARedJobWithEmptyOutput_IsWhatItPrinted()
    {
        var sha = await PushCiAsync("ci-log", new CiFile("log.yml", "log", "job", "echo 'seven tests ran'\necho 'src/pay.txt:3: wrong sum' >&2\nexit 4"));
        var red = (await EndedAsync(Forge, sha, 1))[0];
        red.Summary.ShouldBeEmpty();
        var log = await Forge.ReadLogAsync(Repo, red, None);
        log.Text.ShouldContain("seven tests ran");
        log.Text.ShouldContain("src/pay.txt:3: wrong sum");
        log.Text.ShouldContain("exit code 4");
        log.Remarks.Single().ShouldContain("failure: ");
        log.Missing.ShouldBeEmpty();

        await DeleteLogsAsync(sha);
        var gone = await Forge.ReadLogAsync(Repo, red, None);
        gone.Text.ShouldBeEmpty();
        gone.Missing.ShouldContain("expired");
        (await ForgeWithoutRuns.ReadLogAsync(Repo, red, None)).Missing.ShouldContain("may not be read");
    }

    [Fact]
    public async Task Log_OfAnAppsCheck_IsItsRemarks()
    {
        var sha = await PushAsync("ada", "ci-remarks", ("remarks.txt", "1"));
        await AskPersonAsync(sha, "audit", "src/pay.txt", 2, "Two is a\nmagic number");
        var ci = (await Forge.GetCiAsync(Repo, sha, None)).Single();
        (ci.State, ci.Origin).ShouldBe((CiState.NeedsPerson, CiOrigin.Check));
        var log = await Forge.ReadLogAsync(Repo, ci, None);
        log.ShouldSatisfyAllConditions(() => log.Text.ShouldBeEmpty(), () => log.Missing.ShouldBeEmpty());
        log.Remarks.ShouldBe(["src/pay.txt:2: warning: Two is a magic number"]);
        await Forge.RerunAsync(Repo, ci, None);
    }

    [Fact]
    public async Task Rerun_OfAJobThatThenPasses_IsGreenAndSaysThatItFailedBefore()
    {
        var sha = await PushCiAsync("ci-flaky", new CiFile("flaky.yml", "flaky", "job", "test $GITHUB_RUN_ATTEMPT -gt 1"));
        var red = (await EndedAsync(Forge, sha, 1))[0];
        (red.State, red.Attempt, red.FailedBefore).ShouldBe((CiState.Failed, 1, false));
        (await Should.ThrowAsync<ForgeRejectedException>(() => ForgeWithoutRuns.RerunAsync(Repo, red, None))).Status.ShouldBe(HttpStatusCode.Forbidden);
        await Forge.RerunAsync(Repo, red, None);
        // Asking twice is asking once.
        await Forge.RerunAsync(Repo, red, None);
        var green = (await EndedAsync(Forge, sha, 1))[0];
        (green.State, green.Attempt, green.FailedBefore, green.Suite).ShouldBe((CiState.Passed, 2, true, red.Suite));
    }

    [Fact]
    public async Task Rerun_OfAStatus_IsRefused()
    {
        var sha = await PushAsync("ada", "ci-status", ("status.txt", "1"));
        await ReportAsync("ada", sha, "jenkins", CiState.Failed, "broken");
        var status = (await Forge.GetCiAsync(Repo, sha, None)).Single();
        status.Origin.ShouldBe(CiOrigin.Status);
        await Should.ThrowAsync<ForgeRejectedException>(() => Forge.RerunAsync(Repo, status, None));
        (await Forge.ReadLogAsync(Repo, status, None)).Text.ShouldBeEmpty();
    }

    [Fact]
    public async Task Ci_Cancelled_IsNeitherPassedNorFailed()
    {
        var sha = await PushCiAsync("ci-cancelled", new CiFile("slow.yml", "slow", "job", "sleep 100"));
        await UntilAsync(Forge, sha, ci => ci.Count == 1);
        await CancelCiAsync(sha);
        (await EndedAsync(Forge, sha, 1))[0].State.ShouldBe(CiState.Cancelled);
    }

    [Fact]
    public async Task StartWorkflow_WherePushesTriggerNothing_RunsItOnTheBranch()
    {
        await PushCiAsync("main", new CiFile("manual.yml", "manual", "job", "true", "workflow_dispatch"), new CiFile("pulls.yml", "pulls", "job", "true", "pull_request"));
        var sha = await PushAsync("bot", "ci-started", ("started.txt", "1"));
        await Forge.StartWorkflowAsync(Repo, "manual.yml", "ci-started", None);
        var ci = (await EndedAsync(Forge, sha, 1))[0];
        (ci.Workflow, ci.Name, ci.State).ShouldBe(("manual", "job", CiState.Passed));
        (await Should.ThrowAsync<ForgeRejectedException>(() => Forge.StartWorkflowAsync(Repo, "pulls.yml", "ci-started", None))).Message.ShouldContain("workflow_dispatch");
        (await Should.ThrowAsync<ForgeRejectedException>(() => Forge.StartWorkflowAsync(Repo, "nothing.yml", "ci-started", None))).Status.ShouldBe(HttpStatusCode.NotFound);
        await Should.ThrowAsync<ForgeRejectedException>(() => ForgeWithoutRuns.StartWorkflowAsync(Repo, "manual.yml", "ci-started", None));
    }

    private Task<IReadOnlyList<CiResult>> EndedAsync(IForge forge, string sha, int count) =>
        UntilAsync(forge, sha, ci => ci.Count == count && ci.All(c => c.State != CiState.Pending));

    private async Task<IReadOnlyList<CiResult>> UntilAsync(IForge forge, string sha, Func<IReadOnlyList<CiResult>, bool> wanted)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var ci = await forge.GetCiAsync(Repo, sha, None);
            if (wanted(ci))
                return ci;
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(60), string.Join('\n', ci));
            await Task.Delay(50);
        }
    }
}
