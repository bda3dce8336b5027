using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Ci;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge;

/// <content>Pull requests, reviews and pushes.</content>
internal sealed partial class Actions
{
    public async Task<Issue> OpenPullAsync(Repo repo, Account author, string title, string body, Repo headRepo, string headBranch, string baseBranch, bool draft, bool mayBeEmpty = false)
    {
        var headSha = await headRepo.Git.BranchHeadAsync(headBranch) ?? throw Invalid("head");
        var baseSha = await repo.Git.BranchHeadAsync(baseBranch) ?? throw Invalid("base");
        var same = repo.Pulls.Any(i => i.IsOpen && i.Pull!.HeadRepo == headRepo && i.Pull.HeadBranch == headBranch && i.Pull.BaseBranch == baseBranch);
        if (same)
            throw ApiProblem.Invalid("PullRequest", $"A pull request already exists for {headRepo.Owner.Login}:{headBranch}.");
        var (number, iid) = (repo.Issues.Count + 1, repo.Pulls.Count() + 1);
        await ShowHeadAsync(repo, number, iid, headRepo, headSha);
        if (!mayBeEmpty && await repo.Git.IsAncestorAsync(headSha, baseSha))
        {
            await repo.Git.DeleteRefAsync(PullRef(number));
            await repo.Git.DeleteRefAsync(MergeRequestRef(iid));
            throw ApiProblem.Invalid("PullRequest", $"No commits between {baseBranch} and {headBranch}");
        }

        var issue = new Issue(world.NextId(), repo, number, author, world.Now)
        {
            Iid = iid,
            Title = title,
            Body = body,
            Pull = new Pull(world.NextId(), headRepo, headBranch, headSha, baseBranch, baseSha) { IsDraft = draft },
        };
        repo.Issues.Add(issue);
        await repo.CommitAsync(headSha);
        await AddVersionAsync(issue);
        TellIssue(issue, author, "opened");
        gitLab.Changed(issue, author);
        ci.Add(new CiJobSource(repo, headSha, headBranch, "pull_request", baseBranch));
        return issue;

        static ApiProblem Invalid(string field) => new(422, "Validation Failed", new JsonArray(new JsonObject
        {
            ["resource"] = "PullRequest",
            ["field"] = field,
            ["code"] = "invalid",
        }));
    }

    public void SetDraft(Issue issue, Account by, bool draft)
    {
        if (issue.Pull!.IsDraft == draft)
            return;
        issue.Pull.IsDraft = draft;
        Touch(issue);
        Record(issue, by, draft ? "convert_to_draft" : "ready_for_review");
        TellIssue(issue, by, draft ? "converted_to_draft" : "ready_for_review");
        gitLab.Changed(issue, by);
    }

    public async Task SetBaseAsync(Issue issue, Account by, string branch)
    {
        if (issue.Pull!.BaseBranch == branch)
            return;
        issue.Pull.BaseSha = await issue.Repo.Git.BranchHeadAsync(branch) ?? throw ApiProblem.Invalid("PullRequest", "base does not exist", "base");
        issue.Pull.BaseBranch = branch;
        Touch(issue);
        gitLab.Changed(issue, by);
    }

    private async Task AddVersionAsync(Issue issue)
    {
        var pull = issue.Pull!;
        var from = await issue.Repo.Git.MergeBaseAsync(pull.BaseSha, pull.HeadSha) ?? pull.BaseSha;
        pull.Versions.Add(new DiffVersion(world.NextId(), pull.HeadSha, from, pull.BaseSha, world.Now));
    }

    /// <summary>Merges; <paramref name="method"/> is <c>merge</c> or <c>squash</c>.</summary>
    public async Task<string> MergeAsync(Issue issue, Account by, string method, string? title, string? message, string? expectedSha)
    {
        var (repo, pull) = (issue.Repo, issue.Pull!);
        if (!issue.IsOpen || pull.IsMerged)
            throw new ApiProblem(405, "Pull Request is not mergeable");
        if (pull.IsDraft)
            throw new ApiProblem(405, "Pull Request is still a draft");
        if (expectedSha is not null && expectedSha != pull.HeadSha)
            throw new ApiProblem(409, "Head branch was modified. Review and try the merge again.");
        if (method is not ("merge" or "squash"))
            throw new ApiProblem(405, $"Merge method {method} is not offered by this forge.");
        var tip = await repo.Git.BranchHeadAsync(pull.BaseBranch) ?? throw new ApiProblem(405, "Base branch does not exist");
        var tree = await repo.Git.MergeTreeAsync(tip, pull.HeadSha) ?? throw new ApiProblem(405, "Pull Request has merge conflicts");
        title ??= method == "squash" ? $"{issue.Title} (#{issue.Number})" : $"Merge pull request #{issue.Number} from {pull.HeadRepo?.Owner.Login}/{pull.HeadBranch}";
        message ??= method == "squash" ? "" : issue.Title;
        var author = new CommitInfo("", tree, [], by.Login, $"{by.Login}@users.noreply.localforge", world.Now, "");
        var sha = await repo.Git.CommitTreeAsync(
            tree, method == "squash" ? [tip] : [tip, pull.HeadSha], (title + "\n\n" + message).TrimEnd() + "\n", author);
        await repo.Git.UpdateRefAsync("refs/heads/" + pull.BaseBranch, sha, tip);
        MarkMerged(issue, by, sha);
        await PushedAsync(repo, by, [new RefChange(pull.BaseBranch, tip, sha)]);
        return sha;
    }

    /// <summary>Understands moved branches: push events, new heads of pull requests, merges by push, CI.</summary>
    public async Task PushedAsync(Repo repo, Account by, IReadOnlyList<RefChange> changes)
    {
        if (changes.Count > 0)
            repo.PushedAt = world.Now;
        foreach (var change in changes)
        {
            await TellPushAsync(repo, by, change);
            foreach (var issue in world.Repos.SelectMany(r => r.Pulls).Where(i => i.IsOpen).ToList())
            {
                if (issue.Pull!.HeadRepo == repo && issue.Pull.HeadBranch == change.Branch)
                    await HeadMovedAsync(issue, by, change);
                else if (issue.Repo == repo && issue.Pull.BaseBranch == change.Branch && !change.IsDeleted
                    && await repo.Git.IsAncestorAsync(issue.Pull.HeadSha, change.After))
                    MarkMerged(issue, by, change.After);
            }

            if (!change.IsDeleted)
                ci.Add(new CiJobSource(repo, change.After, change.Branch, "push", change.Branch));
        }
    }

    private static string PullRef(int number) => $"refs/pull/{number}/head";

    private static string MergeRequestRef(int iid) => $"refs/merge-requests/{iid}/head";

    // The base repository keeps every head, so that diffs, checkouts and merges of forks need nothing else.
    private static async Task ShowHeadAsync(Repo repo, int number, int iid, Repo headRepo, string sha)
    {
        if (headRepo == repo)
            await repo.Git.UpdateRefAsync(PullRef(number), sha);
        else
            await repo.Git.FetchAsync(headRepo.Git, sha, PullRef(number));
        await repo.Git.UpdateRefAsync(MergeRequestRef(iid), sha);
    }

    private async Task HeadMovedAsync(Issue issue, Account by, RefChange change)
    {
        var pull = issue.Pull!;
        if (change.IsDeleted)
        {
            SetOpen(issue, by, open: false);
            return;
        }

        await ShowHeadAsync(issue.Repo, issue.Number, issue.Iid, pull.HeadRepo!, change.After);
        foreach (var comment in pull.Comments.Where(c => c is { Line: not null, Side: "RIGHT" }))
        {
            var changes = await issue.Repo.Git.FileChangesAsync(pull.HeadSha, change.After, comment.Path);
            comment.Line = UnifiedDiff.MapLine(changes, comment.Line!.Value);
            comment.StartLine = comment.StartLine is { } start ? UnifiedDiff.MapLine(changes, start) : null;
            // A range of which a part is gone is no range any more.
            if (comment.OriginalStartLine is not null && comment.StartLine is null)
                comment.Line = null;
        }

        pull.HeadSha = change.After;
        pull.BaseSha = await issue.Repo.Git.BranchHeadAsync(pull.BaseBranch) ?? pull.BaseSha;
        Touch(issue);
        await issue.Repo.CommitAsync(change.After);
        await AddVersionAsync(issue);
        TellIssue(issue, by, "synchronize", ("before", change.Before), ("after", change.After));
        gitLab.HeadMoved(issue, by, change, await issue.Repo.Git.LogAsync(change.After, change.Before, 20));
        ci.Add(new CiJobSource(issue.Repo, change.After, pull.HeadBranch, "pull_request", pull.BaseBranch));
    }

    private void MarkMerged(Issue issue, Account by, string sha)
    {
        var pull = issue.Pull!;
        (pull.MergedBy, pull.MergedAt, pull.MergeCommitSha) = (by, world.Now, sha);
        Record(issue, by, "merged");
        SetOpen(issue, by, open: false);
    }

    private async Task TellPushAsync(Repo repo, Account by, RefChange change)
    {
        var commits = change.IsDeleted ? []
            : await repo.Git.LogAsync(change.After, change.IsCreated ? null : change.Before, change.IsCreated ? 1 : 20);
        var forced = !change.IsCreated && !change.IsDeleted && !await repo.Git.IsAncestorAsync(change.Before, change.After);
        Tell("push", null, repo, by,
            ("ref", "refs/heads/" + change.Branch), ("before", change.Before), ("after", change.After),
            ("created", change.IsCreated), ("deleted", change.IsDeleted), ("forced", forced), ("base_ref", null),
            ("compare", $"{shapes.Web(repo)}/compare/{change.Before[..12]}...{change.After[..12]}"),
            ("commits", new JsonArray([.. commits.Reverse().Select(c => shapes.PushedCommit(c, repo))])),
            ("head_commit", commits.Count == 0 ? null : shapes.PushedCommit(commits[0], repo)),
            ("pusher", new JsonObject { ["name"] = by.Login, ["email"] = null }));
        gitLab.Pushed(repo, by, change, commits);
    }
}
