using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Check runs, check suites and commit statuses.</summary>
internal sealed class CheckApi(World world, Shapes shapes, Actions actions)
{
    private const int LongestOutput = 65_535;
    private const int MostAnnotations = 50;

    private static readonly string[] Conclusions =
        ["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required", "stale"];

    public void Map(ApiRoutes routes)
    {
        const string repo = "/repos/{owner}/{repo}";
        routes.Post(repo + "/check-runs", CreateAsync);
        routes.Get(repo + "/check-runs/{id:long}", c => Answer.Ok(shapes.CheckRun(RunOf(c), c.Repo)));
        routes.Patch(repo + "/check-runs/{id:long}", c => Task.FromResult(Edit(c)));
        routes.Get(repo + "/commits/{**rest}", CommitPartAsync);
        routes.Get(repo + "/check-suites/{id:long}", c =>
            Answer.Ok(shapes.CheckSuite(c.Repo.Suites.Find(s => s.Id == c.Id) ?? throw ApiProblem.NotFound(), c.Repo)));
        routes.Get(repo + "/check-runs/{id:long}/annotations", c => c.Page(RunOf(c).Annotations, a => shapes.Annotation(a, RunOf(c), c.Repo)));
        routes.Post(repo + "/check-suites/{id:long}/rerequest", c =>
        {
            c.Require(RepoAccess.Write);
            actions.Rerequested(c.Repo, c.Repo.Suites.Find(s => s.Id == c.Id) ?? throw ApiProblem.NotFound(), c.Account);
            return Answer.Created(new JsonObject());
        });
        routes.Post(repo + "/statuses/{sha}", CreateStatusAsync);
    }

    // A reference may hold slashes, so the last segments decide what is asked of it.
    private async Task<Answer> CommitPartAsync(ApiCall call)
    {
        var rest = call.Route("rest");
        var slash = rest.LastIndexOf('/');
        var (reference, part) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..]);
        if (part is not ("check-runs" or "check-suites" or "status" or "statuses"))
            throw ApiProblem.NotFound();
        var (repo, sha) = (call.Repo, await RepoApi.CommitOfAsync(call, reference));
        switch (part)
        {
            case "check-runs":
                return call.Page(
                    RunsAt(repo, sha, call.Query("filter") ?? "latest").Where(r => call.Query("check_name") is not { } name || r.Name == name),
                    r => shapes.CheckRun(r, repo),
                    (page, total) => new JsonObject { ["total_count"] = total, ["check_runs"] = page });
            case "check-suites":
                return call.Page(repo.Suites.Where(s => s.HeadSha == sha), s => shapes.CheckSuite(s, repo),
                    (page, total) => new JsonObject { ["total_count"] = total, ["check_suites"] = page });
            case "statuses":
                return call.Page(repo.Statuses.Where(s => s.Sha == sha).OrderByDescending(s => s.Id), s => shapes.Status(s, repo));
            default:
                var latest = LatestStatuses(repo, sha);
                return Answer.Ok(new JsonObject
                {
                    ["state"] = latest.Exists(s => s.State is "failure" or "error") ? "failure"
                        : latest.Count > 0 && latest.TrueForAll(s => s.State == "success") ? "success" : "pending",
                    ["sha"] = sha,
                    ["url"] = $"{shapes.Api(repo)}/commits/{sha}/status",
                    ["commit_url"] = $"{shapes.Api(repo)}/commits/{sha}",
                    ["total_count"] = latest.Count,
                    ["statuses"] = new JsonArray([.. latest.Select(s => WithoutCreator(shapes.Status(s, repo)))]),
                    ["repository"] = shapes.Repository(repo),
                });
        }
    }

    /// <summary>Check runs of a commit; <c>latest</c> keeps the newest per suite and name.</summary>
    public static IEnumerable<CheckRun> RunsAt(Repo repo, string sha, string filter)
    {
        var runs = repo.Checks.Where(r => r.Suite.HeadSha == sha).OrderByDescending(r => r.Id);
        return filter == "all" ? runs : runs.DistinctBy(r => (r.Suite.Id, r.Name));
    }

    /// <summary>The newest status of each context.</summary>
    public static List<CommitStatus> LatestStatuses(Repo repo, string sha) =>
        repo.Statuses.Where(s => s.Sha == sha).OrderByDescending(s => s.Id).DistinctBy(s => s.Context).ToList();

    private async Task<Answer> CreateAsync(ApiCall call)
    {
        RequireApp(call);
        var (repo, name) = (call.Repo, call.Needed("CheckRun", "name"));
        var sha = await RepoApi.CommitOfAsync(call, call.Needed("CheckRun", "head_sha"));
        var suite = repo.Suites.Find(s => s.App == call.Account && s.HeadSha == sha) ?? actions.OpenSuite(repo, call.Account, sha, branch: null);
        var run = actions.OpenCheck(repo, suite, name);
        Fill(call, run);
        actions.TellCheck(repo, run, "created");
        if (run.Status == "completed")
            actions.TellCheck(repo, run, "completed");
        actions.RefreshSuite(repo, suite);
        return Answer.Created(shapes.CheckRun(run, repo));
    }

    private Answer Edit(ApiCall call)
    {
        RequireApp(call);
        var run = RunOf(call);
        if (run.Suite.App != call.Account)
            throw new ApiProblem(403, "Invalid app_id - check run can only be modified by the GitHub App that created it.");
        var was = run.Status;
        Fill(call, run);
        if (run.Status == "completed" && was != "completed")
            actions.TellCheck(call.Repo, run, "completed");
        actions.RefreshSuite(call.Repo, run.Suite);
        return Answer.Ok(shapes.CheckRun(run, call.Repo));
    }

    // Writing check runs is for apps alone; a personal token must use commit statuses.
    private static void RequireApp(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        if (call.Account.Kind != AccountKind.Bot)
            throw new ApiProblem(403, "You must authenticate via a GitHub App.");
    }

    private void Fill(ApiCall call, CheckRun run)
    {
        run.DetailsUrl = call.Text("details_url") ?? run.DetailsUrl;
        run.ExternalId = call.Text("external_id") ?? run.ExternalId;
        if (call.Body["output"] is JsonObject output)
        {
            run.Title = ApiCall.TextOf(output, "title");
            run.Summary = ApiCall.TextOf(output, "summary");
            run.Text = ApiCall.TextOf(output, "text");
            if (new[] { run.Summary, run.Text }.Any(t => t is not null && Encoding.UTF8.GetByteCount(t) > LongestOutput))
                throw ApiProblem.Invalid("CheckRun", $"Only {LongestOutput} characters are allowed", "summary");
            if (output["annotations"] is JsonArray { Count: > MostAnnotations })
                throw ApiProblem.Invalid("CheckRun", $"No subschema in \"anyOf\" matched. No more than {MostAnnotations} items are allowed; {((JsonArray)output["annotations"]!).Count} were supplied.", "annotations");
            foreach (var remark in (output["annotations"] as JsonArray ?? []).OfType<JsonObject>())
            {
                run.Annotations.Add(new Annotation(
                    ApiCall.TextOf(remark, "path") ?? "", ApiCall.NumberOf(remark, "start_line") ?? 1, ApiCall.TextOf(remark, "annotation_level") ?? "failure",
                    ApiCall.TextOf(remark, "title") ?? "", ApiCall.TextOf(remark, "message") ?? ""));
            }
        }

        run.Status = call.Text("status") ?? run.Status;
        if (call.Text("conclusion") is { } conclusion)
        {
            if (!Conclusions.Contains(conclusion))
                throw ApiProblem.Invalid("CheckRun", $"{conclusion} is not a conclusion", "conclusion");
            (run.Status, run.Conclusion) = ("completed", conclusion);
        }

        if (run.Status is not ("queued" or "in_progress" or "completed"))
            throw ApiProblem.Invalid("CheckRun", $"{run.Status} is not a status", "status");
        if (run.Status == "completed" && run.Conclusion is null)
            throw ApiProblem.Missing("CheckRun", "conclusion");
        run.StartedAt ??= world.Now;
        run.CompletedAt = run.Status == "completed" ? run.CompletedAt ?? world.Now : null;
    }

    private static CheckRun RunOf(ApiCall call) => call.Repo.Checks.Find(r => r.Id == call.Id) ?? throw ApiProblem.NotFound();

    private async Task<Answer> CreateStatusAsync(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        var sha = await RepoApi.CommitOfAsync(call, call.Route("sha"));
        var state = call.Needed("Status", "state");
        if (state is not ("error" or "failure" or "pending" or "success"))
            throw ApiProblem.Invalid("Status", "state is not included in the list", "state");
        var description = call.Text("description");
        if (description is { Length: > 140 })
            throw ApiProblem.Invalid("Status", "description is too long (maximum is 140 characters)", "description");
        var status = actions.SetStatus(call.Repo, call.Account, sha, state, call.Text("context") ?? "default", description, call.Text("target_url"));
        return Answer.Created(shapes.Status(status, call.Repo));
    }

    // GitHub's combined view leaves the creator out; whoever needs it reads the list.
    private static JsonObject WithoutCreator(JsonObject status)
    {
        status.Remove("creator");
        return status;
    }
}
