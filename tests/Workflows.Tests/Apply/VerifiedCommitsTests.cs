using System.Diagnostics;
using CodingAgent.Agents.Runs;
using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Tasks;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>Commits that the forge shows as verified: made by it, or signed with a key; and after a failure anywhere the same ones.</summary>
public sealed class VerifiedCommitsTests : ApplierTests
{
    private const string First = "test: what it does today";

    public VerifiedCommitsTests()
    {
        Forge.Remote = Remote;
        Forge.Signs = true;
        Forge.Files[".github/coding-agent.yml"] = "version: 1\ncommits: { verified: true }\n";
    }

    private string[] Refs => Remote.Git("for-each-ref", "--format=%(refname)").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A change in two steps.</summary>
    private async Task<ApplyActivities.PublishStep> InStepsAsync()
    {
        Model.Calls("write_file", new { path = "tests/ATests.cs", content = "test three\n" })
            .Calls(FinishedStep.ToolName, new { title = First })
            .Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "two\nthree" })
            .Answers(FakeWork.Report);
        var coder = await CoderStepAsync() with { FinishesSteps = true };
        var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(coder));
        return await StepAsync(result.Snapshot, signs: true) with
        {
            Commits = [.. result.Steps.Select(s => new WorkStep(s.Title, s.Snapshot) { Record = Evidence(SnapshotRef.Parse(s.Snapshot).TreeId, FakeWork.Plan) })],
        };
    }

    [Fact]
    public async Task Publish_WhereTheForgeSigns_PutsTheBranchOnCommitsOfTheForge()
    {
        var step = await InStepsAsync();
        var outcome = await PublishAsync(step);

        outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        outcome.Verdicts.ShouldContain(v => v.Gate == "commits" && v.Message.Contains("only to those that it shows as verified", StringComparison.Ordinal));
        Remote.Git("rev-list", "--reverse", $"{Remote.Sha}..{Branch}").Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(Forge.Made);
        Remote.Git("log", "--reverse", "--format=%s", $"{Remote.Sha}..{Branch}").Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe([First, FakeWork.Report.Title]);
        Remote.Git("rev-parse", $"{Branch}^{{tree}}").Trim().ShouldBe(Tree(step));
        Remote.Git("log", "-1", "--format=%B", Branch).ShouldContain("Co-authored-by: ann <5+ann@users.noreply.forge.test>");
        outcome.HeadSha.ShouldBe(Forge.Made.Last());
        Refs.ShouldBe([$"refs/heads/{Branch}", "refs/heads/main"]);
        (await Stores.FindByHeadAsync(TaskHarness.Repo, outcome.HeadSha!, default)).ShouldBe(Task);

        // Another worker, to which nobody said that it was done.
        (await PublishAsync(step, "four")).HeadSha.ShouldBe(outcome.HeadSha);
        Forge.Made.Count.ShouldBe(2);

        // The next step stands on it.
        var next = await PublishAsync(await StepAsync(step.Commits[0].Snapshot, head: outcome.HeadSha, signs: true) with { StepName = "fix-1", Pull = outcome.Pull }, "five");
        Remote.Git("rev-list", "--parents", "-1", Branch).Trim().ShouldBe($"{next.HeadSha} {outcome.HeadSha}");
    }

    [Fact]
    public async Task Publish_FailedAtAnyCallOnTheWay_EndsAsOneThatDidNot()
    {
        var step = await StepAsync(signs: true);
        string[] calls = [nameof(IForge.MakeCommitAsync), nameof(IForge.MoveBranchAsync), "push", nameof(IForge.EnsureDraftPullAsync)];
        for (var failing = 1; ; failing++)
        {
            var left = failing;
            void Interrupt(string call)
            {
                if (calls.Contains(call) && --left == 0)
                    throw new ForgeUnavailableException($"{call} failed.");
            }

            Forge.Interrupts = Tokens.Interrupts = Interrupt;
            var first = await Record.ExceptionAsync(() => PublishAsync(step));
            (Forge.Interrupts, Tokens.Interrupts) = (null, null);
            if (first is null)
            {
                // Objects aside, twice the commit, twice the branch, the objects' removal, twice the pull request.
                failing.ShouldBe(9);
                break;
            }

            first.Message.ShouldContain("failed.");
            var there = await Forge.GetBranchHeadAsync(TaskHarness.Repo, Branch, default);
            var outcome = await PublishAsync(step, "four");
            outcome.HeadSha.ShouldNotBeNull().ShouldBe(there ?? Forge.Made.Last());
            Remote.Git("rev-list", "--count", $"main..{Branch}").Trim().ShouldBe("1");
            Forge.Made.ShouldContain(outcome.HeadSha);
            Refs.ShouldBe([$"refs/heads/{Branch}", "refs/heads/main"]);
            (await Stores.FindByHeadAsync(TaskHarness.Repo, outcome.HeadSha, default)).ShouldBe(Task);
            Remote.Git("update-ref", "-d", $"refs/heads/{Branch}");
        }
    }

    [Theory]
    [InlineData("unsigned", "(unsigned)")]
    [InlineData("unknown_key", "(unknown_key)")]
    [InlineData("another tree", "something else")]
    [InlineData("another parent", "something else")]
    [InlineData("another message", "something else")]
    public async Task Publish_CommitOtherThanAskedFor_IsOnNoBranch(string what, string words)
    {
        var step = await StepAsync(signs: true);
        Forge.Answers = made => what switch
        {
            "another tree" => made with { Commit = made.Commit with { Tree = new string('a', 40) } },
            "another parent" => made with { Commit = made.Commit with { Parents = [new string('a', 40)] } },
            "another message" => made with { Commit = made.Commit with { Message = made.Commit.Message.Replace("Agent-Step", "Step", StringComparison.Ordinal) } },
            _ => made with { IsVerified = false, Reason = what },
        };
        var outcome = await PublishAsync(step);

        var verdict = outcome.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem();
        (verdict.Gate, verdict.IsForPeople, outcome.HeadSha).ShouldBe(("commits", true, null));
        verdict.Message.ShouldContain(words);
        Refs.ShouldBe(["refs/heads/main"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publish_SomebodyPushedMeanwhile_IsAConflictAndTheirs(bool isThere)
    {
        if (isThere)
            Remote.Git("branch", Branch, Remote.Sha);
        var step = await StepAsync(head: isThere ? Remote.Sha : null, signs: true);
        string? theirs = null;
        Forge.Interrupts = call =>
        {
            if (call == nameof(IForge.MoveBranchAsync) && theirs is null)
            {
                Remote.Git("branch", "-f", Branch, Remote.Sha);
                theirs = Remote.CommitOn(Branch, "theirs.txt", "x");
            }
        };
        var outcome = await PublishAsync(step);

        (outcome.Conflict, outcome.HeadSha).ShouldBe(($"Somebody pushed to {Branch} meanwhile.", null));
        Remote.Git("rev-parse", Branch).Trim().ShouldBe(theirs);
        Refs.ShouldNotContain(r => r.StartsWith("refs/coding-agent/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Publish_OverWhatLooksLikeIt_IsAConflict()
    {
        var step = await StepAsync(signs: true);
        await PublishAsync(step);
        // The same tree on the same commit, by another step.
        var outcome = await PublishAsync(step with { StepName = "fix-1" }, "four");
        outcome.Conflict.ShouldStartWith("Somebody pushed to");
        Refs.ShouldNotContain(r => r.StartsWith("refs/coding-agent/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Publish_WhereNothingSigns_IsHeldBackForPeople()
    {
        Forge.Signs = false;
        var outcome = await PublishAsync(await StepAsync(signs: true));
        NothingLeft(outcome);
        var verdict = outcome.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem();
        verdict.IsForPeople.ShouldBeTrue();
        verdict.Message.ShouldContain("Commits:SigningKeyFile");
    }

    [Theory]
    [InlineData("ed25519")]
    [InlineData("ecdsa")]
    public async Task Publish_WithAKey_SignsEachCommitAndKnowsItAgain(string kind)
    {
        Forge.Signs = false;
        var key = Remote.Data + "-key";
        Run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", key);
        Signing = new CommitSigning(SigningFormat.Ssh, key);
        var step = await InStepsAsync();
        var outcome = await PublishAsync(step);

        outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        var signers = Remote.Data + "-signers";
        await File.WriteAllTextAsync(signers, $"* {await File.ReadAllTextAsync(key + ".pub")}");
        Remote.Git("-c", $"gpg.ssh.allowedSignersFile={signers}", "log", "--format=%G?", $"main..{Branch}").Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["G", "G"]);

        // ECDSA signs otherwise each time.
        (await PublishAsync(step, "four")).HeadSha.ShouldBe(outcome.HeadSha);
        Forge.Made.ShouldBeEmpty();
    }

    [Fact]
    public async Task Publish_AsAnAppWithAKey_LeavesSigningToTheForge()
    {
        Forge.Files[".github/coding-agent.yml"] = "version: 1\n";
        var key = Remote.Data + "-key";
        Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key);
        Signing = new CommitSigning(SigningFormat.Ssh, key);
        await PublishAsync(await StepAsync(signs: true));
        // An App has no keys on the forge: its signature would be one that nobody knows.
        Remote.Git("cat-file", "commit", Branch).ShouldNotContain("gpgsig");
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
    }
}
