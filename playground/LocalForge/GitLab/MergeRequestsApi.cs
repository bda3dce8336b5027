using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>Merge requests: making, changing, reviewing and merging them, and what they would change.</summary>
internal sealed partial class MergeRequestsApi(World world, GitLabShapes shapes, GitLabEvents events, Actions actions)
{
    public void Map(GitLabRoutes routes)
    {
        const string merges = GitLabRoutes.Project + "/merge_requests", merge = merges + "/{iid:long}";
        routes.Get(merges, c => c.PageAsync(Filter(c), shapes.MergeRequestAsync));
        routes.Post(merges, CreateAsync);
        routes.Get(merge, async c => Answer.Ok(await shapes.MergeRequestInFullAsync(c.MergeRequest)));
        routes.Put(merge, EditAsync);
        routes.Put(merge + "/merge", MergeAsync);
        routes.Get(merge + "/reviewers", c => c.Page(c.MergeRequest.Pull!.Reviewers, shapes.Reviewer));
        routes.Get(merge + "/approvals", c => Answer.Ok(shapes.Approvals(c.MergeRequest, c.AccountOrNone)));
        routes.Post(merge + "/approve", Approve);
        routes.Post(merge + "/unapprove", Unapprove);
        routes.Get(merge + "/diffs", async c => c.Page(await FilesAsync(c.MergeRequest), GitLabShapes.Diff));
        routes.Get(merge + "/changes", async c =>
        {
            var json = await shapes.MergeRequestInFullAsync(c.MergeRequest);
            json["changes"] = new JsonArray([.. (await FilesAsync(c.MergeRequest)).Select(GitLabShapes.Diff)]);
            json["overflow"] = false;
            return Answer.Ok(json);
        });
        routes.Get(merge + "/commits", async c => c.Page(await CommitsAsync(c.MergeRequest), i => shapes.Commit(i, c.Project)));
        routes.Get(merge + "/versions", async c =>
        {
            var files = (await FilesAsync(c.MergeRequest)).Count;
            return c.Page(c.MergeRequest.Pull!.Versions.AsEnumerable().Reverse(), v => GitLabShapes.Version(v, c.MergeRequest, files));
        });
        routes.Get(merge + "/pipelines", async c =>
        {
            var shas = (await CommitsAsync(c.MergeRequest)).Select(i => i.Sha).Concat(c.MergeRequest.Pull!.Versions.Select(v => v.HeadSha)).ToHashSet(StringComparer.Ordinal);
            return c.Page(c.Project.Runs.Where(r => shas.Contains(r.Suite.HeadSha)).OrderByDescending(r => r.Id), r => shapes.Pipeline(r, c.Project));
        });
    }

    private static Task<IReadOnlyList<DiffFile>> FilesAsync(Issue issue) => issue.Repo.Git.DiffAsync(issue.Pull!.BaseSha, issue.Pull.HeadSha);

    private static Task<IReadOnlyList<CommitInfo>> CommitsAsync(Issue issue) => issue.Repo.Git.LogAsync(issue.Pull!.HeadSha, issue.Pull.BaseSha);

    private static IEnumerable<Issue> Filter(GitLabCall call)
    {
        var given = call.Parameters;
        return IssuesApi.Filter(call, call.Project.Pulls)
            .Where(i => given.Text("source_branch") is not { } source || i.Pull!.HeadBranch == source)
            .Where(i => given.Text("target_branch") is not { } target || i.Pull!.BaseBranch == target)
            .Where(i => given.Text("wip") is not { } wip || i.Pull!.IsDraft == (wip == "yes"))
            .Where(i => given.Number("reviewer_id") is not { } reviewer || i.Pull!.Reviewers.Exists(r => r.Account.Id == reviewer));
    }

    // A title without what makes it a draft's, and whether something did.
    private static (string Title, bool IsDraft) Read(string title)
    {
        var plain = DraftPrefix().Replace(title, "");
        return plain.Length == 0 ? (title, true) : (plain, plain != title);
    }

    private async Task<Answer> CreateAsync(GitLabCall call)
    {
        call.Require(0);
        var target = call.Parameters.Number("target_project_id") is { } id
            ? world.Repos.FirstOrDefault(r => r.Id == id && r.AccessOf(call.Account) >= RepoAccess.Read) ?? throw GitLabProblem.NotFound("Project")
            : call.Project;
        if (call.Level < GitLabCall.Developer)
            throw GitLabProblem.Forbidden();
        _ = call.Parameters.Needed("title");
        var (source, into) = (call.Parameters.Needed("source_branch"), call.Parameters.Needed("target_branch"));
        var (title, isDraft) = Read(IssuesApi.Title(call)!);
        if (target == call.Project && source == into)
            throw new GitLabProblem(422, new JsonObject { ["error"] = new JsonArray("You can't use same project/branch for source and target") });
        if (target.Pulls.FirstOrDefault(i => i.IsOpen && i.Pull!.HeadRepo == call.Project && i.Pull.HeadBranch == source && i.Pull.BaseBranch == into) is { } open)
            throw new GitLabProblem(409, new JsonObject { ["message"] = new JsonArray($"Another open merge request already exists for this source branch: !{open.Iid}") });
        foreach (var (repo, branch, side) in new[] { (call.Project, source, "source"), (target, into, "target") })
        {
            if (await repo.Git.BranchHeadAsync(branch) is null)
                throw GitLabProblem.Invalid("validate_branches", $"{(side == "source" ? "Source" : "Target")} branch \"{branch}\" does not exist");
        }

        var issue = await events.TogetherAsync(async () =>
        {
            var made = await actions.OpenPullAsync(target, call.Account, title, call.Parameters.Text("description") ?? "", call.Project, source, into, isDraft, mayBeEmpty: true);
            made.Pull!.RemovesSourceBranch = call.Parameters.Flag("remove_source_branch") == true;
            IssuesApi.SetLabels(call, made, actions);
            made.Assignees.AddRange(IssuesApi.People(call, "assignee_ids") ?? []);
            made.Pull.Reviewers.AddRange((IssuesApi.People(call, "reviewer_ids") ?? []).Select(a => new Reviewer(a, world.Now)));
            return made;
        });
        return Answer.Created(await shapes.MergeRequestInFullAsync(issue));
    }

    private async Task<Answer> EditAsync(GitLabCall call)
    {
        var issue = call.MergeRequest;
        call.RequireAuthorOr(issue.Author, GitLabCall.Developer);
        string[] any = ["assignee_id", "assignee_ids", "reviewer_ids", "description", "labels", "add_labels", "remove_labels", "remove_source_branch", "state_event", "target_branch", "title", "discussion_locked", "squash"];
        if (!any.Any(call.Parameters.Has))
            throw GitLabProblem.Parameter(string.Join(", ", any) + " are missing, at least one parameter must be provided");
        await events.TogetherAsync(async () =>
        {
            if (IssuesApi.Title(call) is { } given)
            {
                var (title, isDraft) = Read(given);
                actions.EditIssue(issue, call.Account, title, body: null);
                actions.SetDraft(issue, call.Account, isDraft);
            }

            actions.EditIssue(issue, call.Account, title: null, call.Parameters.Text("description"));
            if (call.Parameters.Text("target_branch") is { } branch)
            {
                if (await issue.Repo.Git.BranchHeadAsync(branch) is null)
                    throw GitLabProblem.Invalid("validate_branches", $"Target branch \"{branch}\" does not exist");
                await actions.SetBaseAsync(issue, call.Account, branch);
            }

            IssuesApi.SetLabels(call, issue, actions);
            if (IssuesApi.People(call, "assignee_ids") is { } assignees)
                actions.Assign(issue, call.Account, assignees);
            if (IssuesApi.People(call, "reviewer_ids") is { } reviewers)
                actions.SetReviewers(issue, call.Account, reviewers);
            issue.Pull!.RemovesSourceBranch = call.Parameters.Flag("remove_source_branch") ?? issue.Pull.RemovesSourceBranch;
            IssuesApi.SetState(call, issue, actions);
            return issue;
        });
        return Answer.Ok(await shapes.MergeRequestInFullAsync(issue));
    }

    private async Task<Answer> MergeAsync(GitLabCall call)
    {
        var (issue, pull) = (call.MergeRequest, call.MergeRequest.Pull!);
        _ = call.Account;
        // Who may not merge is told that it is not signed in.
        if (call.Level < (call.Project.ProtectedBranches.Contains(pull.BaseBranch) ? GitLabCall.Maintainer : GitLabCall.Developer))
            throw GitLabProblem.Unauthorized();
        if (call.Parameters.Text("sha") is { } sha && sha != pull.HeadSha)
            throw new GitLabProblem(409, $"SHA does not match HEAD of source branch: {pull.HeadSha}");
        var status = (string?)(await shapes.MergeRequestAsync(issue))["detailed_merge_status"];
        if (status == "conflict")
            throw new GitLabProblem(422, "Branch cannot be merged");
        if (status != "mergeable")
            throw GitLabProblem.NotAllowed();
        var isSquash = call.Parameters.Flag("squash") == true;
        var message = call.Parameters.Text(isSquash ? "squash_commit_message" : "merge_commit_message")
            ?? (isSquash ? issue.Title : $"Merge branch '{pull.HeadBranch}' into '{pull.BaseBranch}'\n\n{issue.Title}\n\nSee merge request {issue.Repo.FullName}!{issue.Iid}");
        var lines = message.Split('\n', 2);
        await actions.MergeAsync(issue, call.Account, isSquash ? "squash" : "merge", lines[0], lines.Length > 1 ? lines[1].Trim('\n') : "", pull.HeadSha);
        if ((call.Parameters.Flag("should_remove_source_branch") ?? pull.RemovesSourceBranch) && pull.HeadRepo is { } source && await source.Git.BranchHeadAsync(pull.HeadBranch) is { } tip)
        {
            await source.Git.DeleteRefAsync("refs/heads/" + pull.HeadBranch);
            await actions.PushedAsync(source, call.Account, [new RefChange(pull.HeadBranch, tip, RefChange.Zero)]);
        }

        return Answer.Ok(await shapes.MergeRequestInFullAsync(issue));
    }

    private Answer Approve(GitLabCall call)
    {
        var (issue, pull) = (call.MergeRequest, call.MergeRequest.Pull!);
        // To whoever may not, and to whoever did already, GitLab says the same.
        if (call.Account == issue.Author || call.Level < GitLabCall.Developer || pull.Approvals.Exists(a => a.By == call.Account) || !issue.IsOpen)
            throw GitLabProblem.Unauthorized();
        if (call.Parameters.Text("sha") is { } sha && sha != pull.HeadSha)
            throw new GitLabProblem(409, $"SHA does not match HEAD of source branch: {pull.HeadSha}");
        actions.SubmitReview(issue, actions.StartReview(issue, call.Account, pull.HeadSha), "", "APPROVED");
        return Answer.Created(shapes.Approvals(issue, call.Account));
    }

    private Answer Unapprove(GitLabCall call)
    {
        call.Require(0);
        return actions.Unapprove(call.MergeRequest, call.Account) ? Answer.Created(shapes.Approvals(call.MergeRequest, call.Account)) : throw GitLabProblem.NotFound();
    }

    [GeneratedRegex(@"^\s*((\[draft\]|\(draft\)|draft:)\s*)+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex DraftPrefix();
}
