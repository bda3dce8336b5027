using System.Globalization;
using CodingAgent.Forges;
using CodingAgent.Forges.GitHub;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Peers.Dotnet;

/// <summary>What the product asks of GitHub in the life of a task: each call of its port once, for a recorder to listen to.</summary>
internal static class GitHubTask
{
    /// <summary>Plays it on a branch that is there, against an issue and with a person's review of what it opens.</summary>
    public static async Task RunAsync(Uri api, string branch, TextReader input, TextWriter output)
    {
        var ct = CancellationToken.None;
        var repo = new RepoRef(ForgeKind.GitHub, "acme", "shop");
        using var forge = new GitHubForge(new GitHubOptions { ApiUrl = api }, new PersonalTokenSource("token-bot"), TimeProvider.System, NullLogger<GitHubForge>.Instance);
        var me = await forge.GetSelfAsync(repo, ct);
        await forge.GetRepositoryAsync(repo, ct);
        await forge.GetAccessAsync(repo, me.Login, ct);
        await forge.GetFileAsync(repo, "src/pay.txt", "main", ct);
        await forge.ListFilesAsync(repo, "src", "main", ct);
        await forge.GetBranchHeadAsync(repo, "main", ct);
        await forge.IsProtectedAsync(repo, "main", ct);
        await forge.ListPushRulesAsync(repo, "release/1", ct);

        var main = await forge.GetBranchHeadAsync(repo, "main", ct) ?? "";
        // Of the tree without files, which every repository has.
        var made = await forge.MakeCommitAsync(repo, new NewCommit("4b825dc642cb6eb9a060e54bf8d69288fbee4904", [main], "Made"), ct);
        await forge.MoveBranchAsync(repo, new BranchMove("made", null, main, "main"), ct);
        await forge.MoveBranchAsync(repo, new BranchMove("made", main, made.Sha, "main"), ct);

        var issue = Subject.Issue(1);
        await forge.GetIssueAsync(repo, issue, ct);
        await forge.AddReactionAsync(repo, issue, null, Reaction.Eyes, ct);
        await forge.AddLabelAsync(repo, issue, "agent:working", ct);
        await forge.RemoveLabelAsync(repo, issue, "agent:working", ct);
        var comment = await forge.EnsureCommentAsync(repo, issue, "m", "one", ct);
        await forge.EnsureCommentAsync(repo, issue, "m", "two", ct);
        await forge.AddReactionAsync(repo, issue, comment.Id, Reaction.Eyes, ct);
        await forge.ListCommentsAsync(repo, issue, ct);
        await forge.ListHiddenCommentsAsync(repo, issue, ct);
        await forge.FindCommentAsync(repo, issue, comment.Id, withEdit: true, ct);
        await forge.FindIssueEditAsync(repo, issue.Number, ct);
        await forge.ListIssueEventsAsync(repo, issue, ct);
        await forge.FindAssignmentAsync(repo, issue.Number, await forge.GetSelfAsync(repo, ct), ct);

        await forge.FindPullByBranchAsync(repo, branch, ct);
        var pull = await forge.EnsureDraftPullAsync(repo, new NewPullRequest(branch, "main", "Title", "Body"), ct);
        await forge.EnsureDraftPullAsync(repo, new NewPullRequest(branch, "main", "Title", "Body"), ct);
        await forge.UpdatePullAsync(repo, pull.Number, "Better", "Words", ct);
        await forge.EnsureCheckAsync(repo, new EvidenceCheck("evidence", pull.Head.Sha, CiState.Passed, "Fine", "All of it"), ct);
        var results = await forge.GetCiAsync(repo, pull.Head.Sha, ct);
        foreach (var result in results.Where(r => !r.IsOurs && r.State != CiState.Pending))
            await forge.ReadLogAsync(repo, result, ct);

        // A person reviews it, and says so on a line.
        await output.WriteLineAsync($"{pull.Number}");
        var line = long.Parse(await input.ReadLineAsync(ct) ?? "0", CultureInfo.InvariantCulture);
        var verdict = (await forge.ListReviewsAsync(repo, pull.Number, DateTimeOffset.MinValue, ct))[0];
        await forge.GetReviewAsync(repo, pull.Number, verdict.Id, ct);
        await forge.FindReviewAsync(repo, pull.Number, verdict.Id, withEdit: true, ct);
        await forge.FindLineCommentAsync(repo, pull.Number, line, withEdit: true, ct);
        await forge.ListReviewThreadsAsync(repo, pull.Number, ct);
        await forge.EnsureThreadReplyAsync(repo, pull.Number, line, "t", "done", ct);
        await forge.ResolveThreadAsync(repo, pull.Number, line, ct);
        await forge.MarkReadyAsync(repo, pull.Number, ct);
        await forge.RequestReviewAsync(repo, pull.Number, "ada", ct);
        await forge.ListChangesAsync(repo, pull.Number, ct);
        await forge.GetPullAsync(repo, pull.Number, ct);
        await forge.StartWorkflowAsync(repo, "ci.yml", "main", ct);
        await forge.ClosePullAsync(repo, pull.Number, ct);
        await forge.CloseIssueAsync(repo, issue.Number, ct);
        await forge.DiagnoseAsync(new ForgeWishes([repo], "/webhooks/github"), ct);
    }
}
