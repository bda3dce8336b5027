using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api.GraphQl;

/// <content>Issues, pull requests, reviews, comments and checks.</content>
internal sealed partial class GraphQlFields
{
    private void MapIssue(string type)
    {
        Field<Issue>(type, "id", i => i.Pull is { } pull ? Shapes.NodeIdOf(pull) : $"I_{i.Id}");
        Field<Issue>(type, "url", shapes.Web);
        Field<Issue>(type, "authorAssociation", i => Shapes.Association(i.Repo, i.Author));
        Field<Issue>(type, "state", StateOf);
        Field<Issue>(type, "closed", i => !i.IsOpen);
        Field<Issue>(type, "closedAt", i => Time(i.ClosedAt));
        Field<Issue>(type, "createdAt", i => Time(i.CreatedAt));
        Field<Issue>(type, "updatedAt", i => Time(i.UpdatedAt));
        Field<Issue>(type, "lastEditedAt", i => Time(i.Edit?.At));
        Field<Issue>(type, "editor", i => i.Edit?.By);
        Field<Issue>(type, "milestone", _ => null);
        Field<Issue>(type, "reactionGroups", i => ReactionsOf(i.Reactions));
        Pages<Issue>(type, "assignees", i => i.Assignees);
        Pages<Issue>(type, "labels", i => i.Labels);
        Pages<Issue>(type, "projectCards", _ => []);
        Pages<Issue>(type, "comments", i => i.Comments.Select(c => new GraphQlNodes.OfComment(i, c)));
        if (type != "Issue")
            return;
        Field<Issue>(type, "stateReason", i => i.IsOpen ? null : "COMPLETED");
        Pages<Issue>(type, "timelineItems", i => i.Events.Where(e => e.Name == "renamed"));
        Field<IssueEvent>("RenamedTitleEvent", "id", e => $"RTE_{e.Id}");
        Field<IssueEvent>("RenamedTitleEvent", "createdAt", e => Time(e.CreatedAt));
        Field<Label>("Label", "id", l => $"LA_{l.Id}");
    }

    private void MapPull()
    {
        const string type = "PullRequest";
        Field<Issue>(type, "baseRefName", i => i.Pull!.BaseBranch);
        Field<Issue>(type, "baseRefOid", i => i.Pull!.BaseSha);
        Field<Issue>(type, "headRefName", i => i.Pull!.HeadBranch);
        Field<Issue>(type, "headRefOid", i => i.Pull!.HeadSha);
        Field<Issue>(type, "headRepository", i => i.Pull!.HeadRepo);
        Field<Issue>(type, "headRepositoryOwner", i => i.Pull!.HeadRepo?.Owner);
        Field<Issue>(type, "isCrossRepository", i => i.Pull!.HeadRepo != i.Repo);
        Field<Issue>(type, "isDraft", i => i.Pull!.IsDraft);
        Field<Issue>(type, "maintainerCanModify", _ => false);
        Field<Issue>(type, "mergedAt", i => Time(i.Pull!.MergedAt));
        Field<Issue>(type, "mergedBy", i => i.Pull!.MergedBy);
        Field<Issue>(type, "mergeCommit", async (i, _) => i.Pull!.MergeCommitSha is { } sha ? await CommitAsync(i.Repo, sha) : null);
        Field<Issue>(type, "mergeable", async (i, _) => !i.IsOpen ? "UNKNOWN" : await IsCleanAsync(i) ? "MERGEABLE" : "CONFLICTING");
        Field<Issue>(type, "mergeStateStatus", async (i, _) => !i.IsOpen ? "UNKNOWN" : !await IsCleanAsync(i) ? "DIRTY" : i.Pull!.IsDraft ? "DRAFT" : "CLEAN");
        Field<Issue>(type, "additions", async (i, _) => (await DiffAsync(i)).Sum(f => f.Additions));
        Field<Issue>(type, "deletions", async (i, _) => (await DiffAsync(i)).Sum(f => f.Deletions));
        Field<Issue>(type, "changedFiles", async (i, _) => (await DiffAsync(i)).Count);
        Field<Issue>(type, "commits", async (i, c) => Connection.Of(
            c, (await i.Repo.Git.LogAsync(i.Pull!.HeadSha, i.Pull.BaseSha)).Reverse().Select(o => new { Commit = new GraphQlNodes.OfCommit(i.Repo, o) })));
    }

    private void MapReviews()
    {
        const string review = "PullRequestReview", thread = "PullRequestReviewThread", line = "PullRequestReviewComment";
        // Whoever gave a review is asked no more.
        Pages<Issue>("PullRequest", "reviewRequests", i => i.Pull!.Reviewers.Where(r => r.State == "unreviewed").Select(r => new { RequestedReviewer = r.Account }));
        Field<Issue>("PullRequest", "reviews", (i, c) => Connection.Of(
            c, i.Pull!.Reviews.Where(r => r.State != Review.Pending || r.Author == Me(c)).Select(r => new GraphQlNodes.OfReview(i, r))));
        Pages<Issue>("PullRequest", "reviewThreads", GraphQlNodes.Threads);
        Field<GraphQlNodes.OfReview>(review, "id", r => $"PRR_{r.Review.Id}");
        Field<GraphQlNodes.OfReview>(review, "author", r => r.Review.Author);
        Field<GraphQlNodes.OfReview>(review, "authorAssociation", r => Shapes.Association(r.On.Repo, r.Review.Author));
        Field<GraphQlNodes.OfReview>(review, "body", r => r.Review.Body);
        Field<GraphQlNodes.OfReview>(review, "state", r => r.Review.State);
        Field<GraphQlNodes.OfReview>(review, "submittedAt", r => Time(r.Review.SubmittedAt));
        Field<GraphQlNodes.OfReview>(review, "createdAt", r => Time(r.Review.SubmittedAt ?? r.On.UpdatedAt));
        Field<GraphQlNodes.OfReview>(review, "lastEditedAt", r => Time(r.Review.Edit?.At));
        Field<GraphQlNodes.OfReview>(review, "editor", r => r.Review.Edit?.By);
        Field<GraphQlNodes.OfReview>(review, "url", r => $"{shapes.Web(r.On)}#pullrequestreview-{r.Review.Id}");
        Field<GraphQlNodes.OfReview>(review, "reactionGroups", _ => ReactionsOf([]));
        Field<GraphQlNodes.OfReview>(review, "commit", async (r, _) => await CommitAsync(r.On.Repo, r.Review.CommitSha));
        Field<GraphQlNodes.OfThread>(thread, "isResolved", t => t.Root.IsResolved);
        Pages<GraphQlNodes.OfThread>(thread, "comments", t => t.Lines);
        Field<GraphQlNodes.OfLine>(line, "id", l => $"PRRC_{l.Comment.Id}");
        Field<GraphQlNodes.OfLine>(line, "databaseId", l => l.Comment.Id);
        // GraphQL's numbers end at 32 bits; larger ones are text.
        Field<GraphQlNodes.OfLine>(line, "fullDatabaseId", l => $"{l.Comment.Id}");
        Field<GraphQlNodes.OfLine>(line, "author", l => l.Comment.Author);
        Field<GraphQlNodes.OfLine>(line, "body", l => l.Comment.Body);
        Field<GraphQlNodes.OfLine>(line, "path", l => l.Comment.Path);
        Field<GraphQlNodes.OfLine>(line, "createdAt", l => Time(l.Comment.CreatedAt));
        Field<GraphQlNodes.OfLine>(line, "lastEditedAt", l => Time(l.Comment.Edit?.At));
        Field<GraphQlNodes.OfLine>(line, "editor", l => l.Comment.Edit?.By);
        Field<GraphQlNodes.OfLine>(line, "isMinimized", l => l.Comment.IsHidden);
        Field<GraphQlNodes.OfLine>(line, "minimizedReason", _ => null);
        Field<GraphQlNodes.OfLine>(line, "url", l => $"{shapes.Web(l.On)}#discussion_r{l.Comment.Id}");
    }

    private void MapComments()
    {
        const string type = "IssueComment";
        Field<GraphQlNodes.OfComment>(type, "id", c => $"IC_{c.Comment.Id}");
        Field<GraphQlNodes.OfComment>(type, "databaseId", c => c.Comment.Id);
        Field<GraphQlNodes.OfComment>(type, "fullDatabaseId", c => $"{c.Comment.Id}");
        Field<GraphQlNodes.OfComment>(type, "author", c => c.Comment.Author);
        Field<GraphQlNodes.OfComment>(type, "authorAssociation", c => Shapes.Association(c.On.Repo, c.Comment.Author));
        Field<GraphQlNodes.OfComment>(type, "body", c => c.Comment.Body);
        Field<GraphQlNodes.OfComment>(type, "createdAt", c => Time(c.Comment.CreatedAt));
        Field<GraphQlNodes.OfComment>(type, "lastEditedAt", c => Time(c.Comment.Edit?.At));
        Field<GraphQlNodes.OfComment>(type, "editor", c => c.Comment.Edit?.By);
        Field<GraphQlNodes.OfComment>(type, "includesCreatedEdit", c => c.Comment.Edit is not null);
        Field<GraphQlNodes.OfComment>(type, "isMinimized", c => c.Comment.IsHidden);
        Field<GraphQlNodes.OfComment>(type, "minimizedReason", _ => null);
        Field<GraphQlNodes.OfComment>(type, "reactionGroups", c => ReactionsOf(c.Comment.Reactions));
        Field<GraphQlNodes.OfComment>(type, "url", c => $"{shapes.Web(c.On)}#issuecomment-{c.Comment.Id}");
        Field<GraphQlNodes.OfComment>(type, "viewerDidAuthor", (c, context) => c.Comment.Author == Me(context));
    }

    private void MapCommits()
    {
        Field<GraphQlNodes.OfCommit>("Commit", "id", c => $"C_{c.Commit.Sha}");
        Field<GraphQlNodes.OfCommit>("Commit", "oid", c => c.Commit.Sha);
        Field<GraphQlNodes.OfCommit>("Commit", "abbreviatedOid", c => c.Commit.Sha[..7]);
        Field<GraphQlNodes.OfCommit>("Commit", "message", c => c.Commit.Message);
        Field<GraphQlNodes.OfCommit>("Commit", "messageHeadline", c => c.Commit.Subject);
        Field<GraphQlNodes.OfCommit>("Commit", "committedDate", c => Time(c.Commit.AuthoredAt));
        Field<GraphQlNodes.OfCommit>("Commit", "statusCheckRollup", c => ContextsOf(c).Any() ? c : null);
        Pages<GraphQlNodes.OfCommit>("StatusCheckRollup", "contexts", ContextsOf);
        Field<GraphQlNodes.OfCommit>("StatusCheckRollup", "state", c =>
        {
            var states = ContextsOf(c).Select(o => o switch
            {
                GraphQlNodes.OfCheck { Run.Conclusion: null } or CommitStatus { State: "pending" } => "PENDING",
                GraphQlNodes.OfCheck { Run.Conclusion: "success" or "neutral" or "skipped" } or CommitStatus { State: "success" } => "SUCCESS",
                _ => "FAILURE",
            }).ToList();
            return states.Contains("FAILURE") ? "FAILURE" : states.Contains("PENDING") ? "PENDING" : "SUCCESS";
        });
        Field<CommitStatus>("StatusContext", "id", s => $"SC_{s.Id}");
        Field<CommitStatus>("StatusContext", "state", s => s.State.ToUpperInvariant());
        Field<CommitStatus>("StatusContext", "createdAt", s => Time(s.CreatedAt));
        Field<GraphQlNodes.OfCheck>("CheckRun", "id", c => $"CR_{c.Run.Id}");
        Field<GraphQlNodes.OfCheck>("CheckRun", "name", c => c.Run.Name);
        Field<GraphQlNodes.OfCheck>("CheckRun", "status", c => c.Run.Status.ToUpperInvariant());
        Field<GraphQlNodes.OfCheck>("CheckRun", "conclusion", c => c.Run.Conclusion?.ToUpperInvariant());
        Field<GraphQlNodes.OfCheck>("CheckRun", "startedAt", c => Time(c.Run.StartedAt));
        Field<GraphQlNodes.OfCheck>("CheckRun", "completedAt", c => Time(c.Run.CompletedAt));
        Field<GraphQlNodes.OfCheck>("CheckRun", "detailsUrl", c => c.Run.DetailsUrl ?? shapes.Web(c.Run, c.In));
        Field<GraphQlNodes.OfCheck>("CheckRun", "checkSuite", c => new { WorkflowRun = c.Run.Run is { } run ? new { run.Event, Workflow = new { run.Name } } : null });
    }

    private static IEnumerable<object> ContextsOf(GraphQlNodes.OfCommit commit) =>
        CheckApi.RunsAt(commit.In, commit.Commit.Sha, "latest").Reverse().Select(r => (object)new GraphQlNodes.OfCheck(commit.In, r)).Concat(CheckApi.LatestStatuses(commit.In, commit.Commit.Sha));

    private static async Task<GraphQlNodes.OfCommit> CommitAsync(Repo repo, string sha) => new(repo, await repo.CommitAsync(sha));

    private static Task<IReadOnlyList<Git.DiffFile>> DiffAsync(Issue issue) => issue.Repo.Git.DiffAsync(issue.Pull!.BaseSha, issue.Pull.HeadSha);

    private static async Task<bool> IsCleanAsync(Issue issue) =>
        await issue.Repo.Git.BranchHeadAsync(issue.Pull!.BaseBranch) is { } tip && await issue.Repo.Git.MergeTreeAsync(tip, issue.Pull.HeadSha) is not null;
}
