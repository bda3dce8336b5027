using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Eval.Bundles;
using CodingAgent.Eval.Generation;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Eval.Runs;

/// <summary>One repository, from the label to its end, as a person with write access plays it: approves the plan, sets CI green, reviews, merges.</summary>
internal sealed class RepositoryRun(Stage stage, MadeRepository repository, FixtureCheck tests, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(25);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly HttpClient _rest = new() { BaseAddress = stage.ServiceUrl };
    private readonly HashSet<string> _green = [];
    private Human _person = null!;
    private int _issue;
    private TimeSpan? _toPlan;
    private TimeSpan? _toPull;
    private int _plansApproved;
    private bool _reviewed;

    /// <inheritdoc/>
    public void Dispose()
    {
        _rest.Dispose();
        _person?.Dispose();
    }

    /// <summary>Plays it.</summary>
    public async Task<RepositoryResult> PlayAsync(CancellationToken ct)
    {
        _rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stage.ApiKey);
        await PushAsync(ct);
        var began = time.GetTimestamp();
        _issue = (await _person.PostAsync("issues", new JsonObject { ["title"] = repository.Header.Issue, ["body"] = repository.Header.Body }, ct))["number"]!.GetValue<int>();
        await _person.PostAsync($"issues/{_issue}/labels", new JsonObject { ["labels"] = new JsonArray(ProductWords.Label) }, ct);

        var outcome = "too late";
        while (time.GetElapsedTime(began) < Limit)
        {
            if (await StepAsync(time.GetElapsedTime(began), ct) is { } end)
            {
                outcome = end;
                break;
            }

            await Task.Delay(Look, time, ct);
        }

        var total = time.GetElapsedTime(began);
        var comments = await CommentsAsync(ct);
        var words = (await TaskAsync(ct))?["reason"]?.GetValue<string>() is { Length: > 0 } reason ? reason : "";
        var problem = outcome == "merged" ? await MergedProblemAsync(ct) : StoppedProblem(outcome, words, comments);
        return new RepositoryResult(
            repository.Name, repository.Header.Ecosystem, repository.FileCount, repository.Header.Expect.ToString().ToLowerInvariant(), outcome, problem, words,
            _toPlan, _toPull, total, Requests().Count(r => r.Outcome == RequestOutcome.Answered), ProductWords.RefusedHosts(comments));
    }

    private async Task PushAsync(CancellationToken ct)
    {
        _person = await stage.AddRepositoryAsync(repository.Name, folder: null, ct);
        if (repository.Submodule is { } submodule)
        {
            var name = $"{repository.Name}-{repository.Header.Submodule}";
            using var other = await stage.AddRepositoryAsync(name, folder: null, ct);
            await submodule.RunAsync(ct, "push", "--quiet", UrlOf(name), "HEAD:refs/heads/main");
        }

        var tags = (await repository.Git.RunAsync(ct, "tag", "--merged", "HEAD")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await repository.Git.RunAsync(ct, ["push", "--quiet", UrlOf(repository.Name), "HEAD:refs/heads/main", .. tags.Select(t => $"refs/tags/{t}")]);
    }

    private string UrlOf(string name) =>
        new UriBuilder($"{stage.Forge.BaseUrl}/{Stage.Owner}/{name}.git") { UserName = _person.Login, Password = _person.Token }.Uri.AbsoluteUri;

    // One look at forge and service, and what a person does about it. The outcome once there is one.
    private async Task<string?> StepAsync(TimeSpan elapsed, CancellationToken ct)
    {
        if (await TaskAsync(ct) is not { } task)
            return null;
        var (state, reason) = (task["status"]!.GetValue<string>(), task["reason"]?.GetValue<string>() ?? "");
        if (state == ProductWords.Merged)
            return "merged";
        var plans = (await CommentsAsync(ct)).Count(c => c.Contains(ProductWords.PlanMarker, StringComparison.Ordinal));
        if (plans > 0)
            _toPlan ??= elapsed;
        if (state == ProductWords.AwaitingApproval && plans > _plansApproved)
        {
            _plansApproved = plans;
            await _person.PostAsync($"issues/{_issue}/comments", new JsonObject { ["body"] = ProductWords.Approve }, ct);
            return null;
        }

        var pull = (await _person.GetAsync("pulls?state=open", ct)).AsArray().FirstOrDefault();
        if (pull is not null)
        {
            _toPull ??= elapsed;
            await AttendAsync(pull, state, ct);
        }

        return ProductWords.HasStopped(state, reason, isReady: pull?["draft"]?.GetValue<bool>() == false) ? state.ToLowerInvariant() : null;
    }

    private async Task AttendAsync(JsonNode pull, string state, CancellationToken ct)
    {
        var (number, head) = (pull["number"]!.GetValue<int>(), pull["head"]!["sha"]!.GetValue<string>());
        if (_green.Add(head))
            await _person.PostAsync($"statuses/{head}", new JsonObject { ["state"] = "success", ["context"] = "eval/ci", ["description"] = "Set by the evaluation" }, ct);
        if (pull["draft"]!.GetValue<bool>())
            return;
        if (!_reviewed)
        {
            _reviewed = true;
            await _person.PostAsync($"pulls/{number}/reviews", new JsonObject { ["event"] = "APPROVE", ["body"] = "Thank you." }, ct);
        }
        else if (state == "ReadyToMerge")
        {
            await _person.PutAsync($"pulls/{number}/merge", new JsonObject { ["merge_method"] = "merge" }, ct);
        }
    }

    private async Task<string> MergedProblemAsync(CancellationToken ct)
    {
        if (repository.Header.Expect != Ending.Merged)
            return "It was merged, where it was to stop with words.";
        await repository.Git.RunAsync(ct, "fetch", "--quiet", UrlOf(repository.Name), "refs/heads/main");
        var differing = await repository.Git.RunAsync(ct, "diff-tree", "-r", "--name-status", repository.ExpectedTree, "FETCH_HEAD^{tree}");
        if (differing.Length > 0)
            return $"What was merged is not the reference change; these differ: {differing.Replace('\t', ' ').ReplaceLineEndings(", ")}";
        return repository.Header.Test.Length == 0 ? "" : await tests.OnTreeAsync(repository, "FETCH_HEAD^{tree}", ct) ?? "";
    }

    private string StoppedProblem(string outcome, string words, IReadOnlyList<string> comments)
    {
        var refused = Requests().Where(r => r.Outcome == RequestOutcome.Refused).Select(r => r.Detail).FirstOrDefault();
        if (repository.Header.Expect != Ending.Stops)
            return $"It was to be merged and ended as '{outcome}'. {refused ?? words}";
        if (outcome == "too late")
            return "It was to stop with words and did not.";
        if (Requests().Any())
            return "A model was asked before it stopped.";
        var read = string.Join('\n', [words, .. comments]);
        var missing = repository.Header.Words.Where(w => !Regex.IsMatch(read, w, RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)).ToArray();
        return missing.Length == 0 ? "" : $"The words lack {string.Join(" and ", missing.Select(m => $"/{m}/"))}.";
    }

    private IEnumerable<LoggedRequest> Requests() => stage.ModelRequests.Where(r => r.Request?.Repository == repository.Change.Repository);

    private async Task<IReadOnlyList<string>> CommentsAsync(CancellationToken ct) =>
        [.. (await _person.GetAsync($"issues/{_issue}/comments?per_page=100", ct)).AsArray()
            .Where(c => c!["user"]!["login"]!.GetValue<string>() == Stage.Bot).Select(c => c!["body"]!.GetValue<string>())];

    private async Task<JsonNode?> TaskAsync(CancellationToken ct)
    {
        using var response = await _rest.GetAsync($"tasks/{Uri.EscapeDataString($"task/github:{repository.Change.Repository}/issue/{_issue}")}", ct);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>(ct);
    }
}
