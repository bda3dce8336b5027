using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Pull requests.</summary>
internal sealed class PullApi(World world, Shapes shapes, Actions actions)
{
    public void Map(ApiRoutes routes)
    {
        const string repo = "/repos/{owner}/{repo}", pull = repo + "/pulls/{number:int}";
        routes.Get(repo + "/pulls", List);
        routes.Post(repo + "/pulls", CreateAsync);
        routes.Get(pull, GetAsync);
        routes.Patch(pull, EditAsync);
        routes.Get(pull + "/files", async c => c.Page(
            await c.Repo.Git.DiffAsync(c.PullIssue.Pull!.BaseSha, c.PullIssue.Pull.HeadSha), f => shapes.File(f, c.Repo, c.PullIssue.Pull.HeadSha)));
        routes.Get(pull + "/commits", async c => c.Page(
            (await c.Repo.Git.LogAsync(c.PullIssue.Pull!.HeadSha, c.PullIssue.Pull.BaseSha)).Reverse(), i => shapes.Commit(i, c.Repo)));
        routes.Get(pull + "/merge", c => c.PullIssue.Pull!.IsMerged ? Answer.NoContent : throw ApiProblem.NotFound());
        routes.Post(pull + "/requested_reviewers", RequestReview);
        routes.Put(pull + "/merge", MergeAsync);
    }

    private Answer List(ApiCall call)
    {
        var head = call.Query("head");
        var pulls = call.Repo.Pulls
            .Where(i => IssueApi.Pages(call.Query("state") ?? "open", i.IsOpen))
            .Where(i => head is null || (i.Pull!.HeadRepo is { } r && $"{r.Owner.Login}:{i.Pull.HeadBranch}".Equals(head, StringComparison.OrdinalIgnoreCase)))
            .Where(i => call.Query("base") is not { } wanted || i.Pull!.BaseBranch == wanted);
        return call.Page(call.Query("direction") == "asc" ? pulls.OrderBy(i => i.Number) : pulls.OrderByDescending(i => i.Number), shapes.Pull);
    }

    private async Task<Answer> CreateAsync(ApiCall call)
    {
        call.Require(RepoAccess.Read);
        var head = call.Needed("PullRequest", "head");
        var colon = head.IndexOf(':', StringComparison.Ordinal);
        var owner = colon < 0 ? call.Repo.Owner.Login : head[..colon];
        var headRepo = world.Repos.FirstOrDefault(r =>
            r.Owner.Login.Equals(owner, StringComparison.OrdinalIgnoreCase) && (r == call.Repo || r.Parent == call.Repo));
        if (headRepo is null)
            throw ApiProblem.Invalid("PullRequest", "head repository was not found", "head");
        var issue = await actions.OpenPullAsync(
            call.Repo, call.Account, call.Needed("PullRequest", "title"), call.Text("body") ?? "",
            headRepo, head[(colon + 1)..], call.Needed("PullRequest", "base"), call.Flag("draft"));
        return Answer.Created(await ShapeAsync(issue));
    }

    private async Task<Answer> RequestReview(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        var issue = call.PullIssue;
        var asked = (call.Body["reviewers"] as JsonArray ?? []).Select(n => world.FindAccount(n?.ToString() ?? "")).ToList();
        if (asked.Exists(a => a is null || a == issue.Author || call.Repo.AccessOf(a) < RepoAccess.Read))
            throw new ApiProblem(422, "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of this repository.");
        actions.SetReviewers(issue, call.Account, [.. issue.Pull!.Reviewers.Select(r => r.Account).Union(asked.OfType<Account>())]);
        return Answer.Created(await ShapeAsync(issue));
    }

    private async Task<Answer> GetAsync(ApiCall call)
    {
        var pull = call.PullIssue.Pull!;
        return call.Accept.Contains("diff", StringComparison.Ordinal)
            ? new Answer(200) { Text = await call.Repo.Git.PatchAsync(pull.BaseSha, pull.HeadSha) }
            : Answer.Ok(await ShapeAsync(call.PullIssue));
    }

    // Only a single pull carries what has to be computed.
    private async Task<JsonObject> ShapeAsync(Issue issue)
    {
        var json = shapes.Pull(issue);
        var (git, pull) = (issue.Repo.Git, issue.Pull!);
        var files = await git.DiffAsync(pull.BaseSha, pull.HeadSha);
        json["commits"] = (await git.LogAsync(pull.HeadSha, pull.BaseSha)).Count;
        json["additions"] = files.Sum(f => f.Additions);
        json["deletions"] = files.Sum(f => f.Deletions);
        json["changed_files"] = files.Count;
        if (issue.IsOpen && await git.BranchHeadAsync(pull.BaseBranch) is { } tip)
        {
            var clean = await git.MergeTreeAsync(tip, pull.HeadSha) is not null;
            json["mergeable"] = clean;
            var isBehind = issue.Repo.StrictBranches.Contains(pull.BaseBranch) && !await git.IsAncestorAsync(tip, pull.HeadSha);
            json["mergeable_state"] = !clean ? "dirty" : pull.IsDraft ? "draft" : isBehind ? "behind" : "clean";
        }

        return json;
    }

    private async Task<Answer> EditAsync(ApiCall call)
    {
        IssueApi.RequireAuthorOr(call, call.PullIssue.Author, RepoAccess.Triage);
        actions.EditIssue(call.PullIssue, call.Account, call.Text("title"), call.Text("body"));
        if (call.Text("base") is { } wanted)
            await actions.SetBaseAsync(call.PullIssue, call.Account, wanted);

        if (call.Text("state") is "open" or "closed")
            actions.SetOpen(call.PullIssue, call.Account, call.Text("state") == "open");
        return Answer.Ok(await ShapeAsync(call.PullIssue));
    }

    private async Task<Answer> MergeAsync(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        var sha = await actions.MergeAsync(
            call.PullIssue, call.Account, call.Text("merge_method") ?? "merge", call.Text("commit_title"), call.Text("commit_message"), call.Text("sha"));
        return Answer.Ok(new JsonObject { ["sha"] = sha, ["merged"] = true, ["message"] = "Pull Request successfully merged" });
    }
}
