using System.Net;
using System.Text.Json.Serialization;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Activities;

/// <summary>Activities that read from and write to the forge, and keep the projection. Each may run twice: all writes are idempotent.</summary>
/// <param name="forge">Forge.</param>
/// <param name="tasks">Projection.</param>
/// <param name="links">Links.</param>
/// <param name="artifacts">Artifacts.</param>
/// <param name="guidance">Guidance files.</param>
/// <param name="settings">Settings.</param>
/// <param name="time">Clock of the heartbeats.</param>
public sealed partial class ForgeActivities(
    IForge forge, ITaskProjection tasks, ILinkStore links, IArtifactStore artifacts, IRepositoryGuidance guidance, FlowSettings settings,
    TimeProvider time)
{
    private const int MostTasksLookedAt = 1_000;

    /// <summary>
    /// Reads policy, base commit and the text of the request once. Frozen from here on: text edited later never reaches an agent.
    /// </summary>
    [Activity]
    public Task<LoadedTask> LoadTaskAsync(CodingTaskInput input) => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        // Also a task that is refused must be found by what follows, a repeat of its own delivery among it.
        await links.LinkAsync(input.Id, input.Repo, input.Issue, input.Pull, null, ct);
        var repository = await forge.GetRepositoryAsync(input.Repo, ct);
        if (repository.Id != 0)
            await links.NameAsync(input.Repo, repository.Id, ct);
        if (repository.IsArchived)
            return Refused("the repository is archived.", "Unarchive it first.");
        var pull = input.Pull is { } number ? await forge.GetPullAsync(input.Repo, number, ct) : null;
        var terms = ForgeTerms.Of(input.Repo);
        if (pull is not null && PullRefusal(pull, input.Repo, repository.DefaultBranch) is { } refusal)
            return refusal with { Refusal = terms.Say(refusal.Refusal), WhatToDo = terms.Say(refusal.WhatToDo) };
        if (pull is not null && await forge.IsProtectedAsync(input.Repo, pull.Head.Branch, ct))
            return Refused($"the branch {pull.Head.Branch} is protected, and I never push to such.", terms.Say("Open the pull request from another branch."));

        var defaultSha = await forge.GetBranchHeadAsync(input.Repo, repository.DefaultBranch, ct);
        if (defaultSha is null)
            return Refused($"the default branch {repository.DefaultBranch} has no commit.", "Push a first commit.");
        var baseBranch = pull?.BaseBranch ?? input.BaseBranch ?? repository.DefaultBranch;
        var baseSha = pull?.Head.Sha ?? (baseBranch == repository.DefaultBranch ? defaultSha : await forge.GetBranchHeadAsync(input.Repo, baseBranch, ct));
        if (baseSha is null)
            return Refused($"there is no branch {baseBranch}.", "Name a branch that exists.");

        // Policy and guidance come from the default branch, at one commit, so that no pull request can change its own rules.
        var file = await forge.GetFileAsync(input.Repo, ForgeTerms.Of(input.Repo).PolicyPath, defaultSha, ct);
        var reading = PolicyParser.Parse(file?.Text);
        if (reading.Policy is not { } policy)
            return new LoadedTask(null, reading.Errors, "", "");
        var issue = input.Issue is { } n ? await forge.GetIssueAsync(input.Repo, Subject.Issue(n), ct) : null;
        if (issue is { IsOpen: false })
            return Refused("the issue is closed.", "Reopen it and ask again.");
        // Who may edit an issue need not be one who may start work: what runs is what the one who asked could read.
        if (issue is not null && input.IssueDigest is { } digest && digest != issue.TextDigest)
            return Refused("the issue was edited after this was asked.", "Read it as it is now, then label it or comment /agent implement once more.");

        var conversation = input.About is { } page ? await new ConversationReader(forge, settings.AllowsBot).ReadAsync(input, page, ct) : Conversation.None;
        var told = new TaskContext
        {
            Repository = input.Repo.FullName,
            Issue = issue is null ? null : new IssueText(issue.Number, issue.Title, issue.Body, issue.Author.Login),
            Goal = input.Goal ?? (pull is null ? null : $"{terms.Say("Pull request")} {pull.Number}: {pull.Title}\n\n{pull.Body}"),
            AcceptanceCriteria = input.AcceptanceCriteria,
            Constraints = input.Constraints,
            Request = input.Words is { } words ? new PersonText(input.RequestedBy.Login, words) : null,
            Conversation = conversation.Comments,
            ConversationLeftOut = conversation.LeftOut,
            Guidance = await guidance.ReadAsync(input.Repo, defaultSha, ct),
        };
        if (pull is not null)
            await links.LinkAsync(input.Id, input.Repo, null, null, pull.Head.Sha, ct);
        var title = issue?.Title ?? pull?.Title ?? input.Goal?.Split('\n')[0] ?? "";
        var (others, leftOut) = input is { Part: null, Kind: TaskKind.Implement } ? await OthersAsync(repository, policy, told, input.RequestedBy.Login, ct) : ([], []);
        return new LoadedTask(
            new TaskFacts(
                repository.DefaultBranch, baseBranch, baseSha, policy, file?.BlobSha ?? "", title, input.Part?.ContextId ?? await artifacts.PutJsonAsync(told, ct), pull?.Head.Branch, pull?.WebUrl)
            {
                Variant = PromptVariant.Of(settings.Variants, input.Id.ToString())?.Name ?? "",
                Warnings = [.. await new StartWarnings(forge, ForgeTerms.Of(input.Repo).PolicyPath, settings).ReadAsync(input, repository.DefaultBranch, defaultSha, file is not null, policy, ct), .. leftOut],
                Others = others,
            },
            [], "", "");
    });

    /// <summary>The other repositories that the policy names, and a line for each that is left out.</summary>
    private async Task<(IReadOnlyList<OtherRepository> Others, IReadOnlyList<string> LeftOut)> OthersAsync(Repository lead, RepositoryPolicy policy, TaskContext told, string login, CancellationToken ct)
    {
        if (policy.Repositories.Count > 0 && !settings.MultiRepo)
            return ([], ["The policy names other repositories ('repositories'), but tasks in several are off in this service (Features:MultiRepo): this task works in this one alone"]);
        var (others, leftOut, reader) = (new List<OtherRepository>(), new List<string>(), new OtherRepositories(forge, settings));
        foreach (var name in policy.Repositories)
        {
            if (!RepoRef.TryParse($"{lead.Ref.Forge}:{name}", out var other))
            {
                leftOut.Add($"{name} is left out: no repository of this forge can be called so");
                continue;
            }

            var reading = await reader.ReadAsync(lead, policy, other, login, ct);
            if (reading.Policy is { } rules)
            {
                var there = told with { Repository = other.FullName, Guidance = await guidance.ReadAsync(other, reading.Head, ct) };
                others.Add(new OtherRepository(other, reading.Head, rules, reading.PolicyBlob, await artifacts.PutJsonAsync(there, ct)));
            }
            else
            {
                leftOut.Add($"{other.FullName} is left out: {reading.WhyNot}");
            }
        }

        return (others, leftOut);
    }

    /// <summary>Writes projection, status comment and labels. The projection comes first: it must not depend on the forge's mood.</summary>
    [Activity]
    public Task TellAsync(TellInput input) => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        await tasks.UpsertAsync(input.Summary, ct);
        if (input.Number is not { } number)
            return;
        var (repo, on) = (input.Summary.Repo, new Subject(number, input.IsPull));
        var self = await forge.GetSelfAsync(repo, ct);
        var status = input.Status with { Note = settings.WithoutModels(input.Status.Note), Current = settings.WithoutModels(input.Status.Current), Bot = self.Handle, Page = settings.PageOf(input.Summary.Id) };
        try
        {
            await forge.EnsureCommentAsync(repo, on, Markers.Status(input.RunKey), StatusComment.Build(status, ForgeTerms.Of(repo)), ct);
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Locked)
        {
            // Labels and REST tell what they can.
        }

        if (input.AddLabel is { } label)
            await forge.AddLabelAsync(repo, on, label, ct);
        foreach (var old in input.RemoveLabels)
            await forge.RemoveLabelAsync(repo, on, old, ct);
    });

    /// <summary>Makes a comment exist.</summary>
    [Activity]
    public Task<PostedComment> SayAsync(SayInput input) => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        var body = Markers.IsAboutTrouble(input.Marker) ? settings.WithoutModels(input.Body) : input.Body;
        IssueComment comment;
        try
        {
            comment = await forge.EnsureCommentAsync(input.Repo, input.On, input.Marker, body, ct);
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Locked)
        {
            return new PostedComment(0, time.GetUtcNow(), new Uri("about:blank")) { IsLockedOut = true };
        }

        // What asks for an answer that would not count any more says so.
        if (Markers.Replaced(input.Marker) is { } old)
            await forge.EnsureCommentAsync(input.Repo, input.On, old.Key, PlanComment.Superseded(old.Version, comment.WebUrl), ct);
        return new PostedComment(comment.Id, comment.CreatedAt, comment.WebUrl);
    });

    /// <summary>Reads a pull request.</summary>
    [Activity]
    public Task<PullReading> ReadPullAsync(RepoRef repo, int number) => ActivityGuard.RunAsync(time, async context =>
    {
        var pull = await forge.GetPullAsync(repo, number, context.CancellationToken);
        return new PullReading(pull.IsOpen, pull.IsMerged, pull.IsDraft, pull.Head.Sha);
    });

    /// <summary>Takes the draft state off, and asks those for a review whom the policy on the default branch names.</summary>
    [Activity]
    public Task MarkReadyAsync(RepoRef repo, int number) => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        await forge.MarkReadyAsync(repo, number, ct);
        var repository = await forge.GetRepositoryAsync(repo, ct);
        var (terms, refused) = (ForgeTerms.Of(repo), new List<(string Reviewer, string Why)>());
        var file = await forge.GetBranchHeadAsync(repo, repository.DefaultBranch, ct) is { } head ? await forge.GetFileAsync(repo, terms.PolicyPath, head, ct) : null;
        foreach (var reviewer in PolicyParser.Parse(file?.Text).Policy?.Review.Request ?? [])
        {
            try
            {
                await forge.RequestReviewAsync(repo, number, reviewer, ct);
            }
            catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.UnprocessableEntity or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest)
            {
                refused.Add((reviewer, e.Message));
            }
        }

        if (refused.Count > 0)
            await forge.EnsureCommentAsync(repo, Subject.Pull(number), Markers.NotAsked, Replies.NotAsked(terms, refused), ct);
    });

    /// <summary>Which of these repositories somebody may not write to.</summary>
    [Activity]
    public Task<IReadOnlyList<RepoRef>> FindNotWritableAsync(string login, IReadOnlyList<RepoRef> repos) => ActivityGuard.RunAsync<IReadOnlyList<RepoRef>>(time, async context =>
    {
        var found = new List<RepoRef>();
        foreach (var repo in repos)
        {
            try
            {
                if (await forge.GetAccessAsync(repo, login, context.CancellationToken) < AccessLevel.Write)
                    found.Add(repo);
            }
            catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
            {
                // Who may not ask does not know.
                found.Add(repo);
            }
        }

        return found;
    });

    /// <summary>Has the body of a pull request of ours name those it belongs together with.</summary>
    [Activity]
    public Task NameSiblingsAsync(RepoRef repo, int number, string siblings) => ActivityGuard.RunAsync(time, async context =>
    {
        var pull = await forge.GetPullAsync(repo, number, context.CancellationToken);
        if (PullText.WithSiblings(pull.Body, siblings) is { } body && body != pull.Body)
            await forge.UpdatePullAsync(repo, number, pull.Title, body, context.CancellationToken);
    });

    /// <summary>Closes an issue whose work is merged.</summary>
    [Activity]
    public Task CloseIssueAsync(RepoRef repo, int number) => ActivityGuard.RunAsync(time, context => forge.CloseIssueAsync(repo, number, context.CancellationToken));

    /// <summary>
    /// Closes open pull requests of other tasks that take the same to an older version in places that all have a newer pull request now.
    /// </summary>
    /// <returns>Their tasks.</returns>
    [Activity]
    public Task<IReadOnlyList<TaskId>> RetireOlderAsync(RetireInput input) => ActivityGuard.RunAsync<IReadOnlyList<TaskId>>(time, async context =>
    {
        var ct = context.CancellationToken;
        var repo = input.Task.Repo;
        var others = (await tasks.ListAsync(new TaskQuery(MostTasksLookedAt) { Repo = repo }, ct)).Where(t => t is { Pull: not null, Subject: not null } && t.Id != input.Task).ToArray();
        // A pull request has one version in its places; several of a newer one may cover them together.
        bool IsCovered(TaskSubject older) => older.Paths.All(others.Where(t => t.State is not (TaskState.Closed or TaskState.Stopped or TaskState.Failed)).Select(t => t.Subject!)
            .Append(input.Subject).Where(s => s.Holds(older) && VersionOrder.Compare(s.Version, input.Subject.Version) >= 0).SelectMany(s => s.Paths).ToHashSet(StringComparer.Ordinal).Contains);
        var older = others.Where(t => t.Id.Whole != input.Task.Whole && t.State is not (TaskState.Merged or TaskState.Closed)
            && input.Subject.Holds(t.Subject!) && VersionOrder.Compare(t.Subject!.Version, input.Subject.Version) < 0 && IsCovered(t.Subject));
        var self = await forge.GetSelfAsync(repo, ct);
        var retired = new List<TaskId>();
        foreach (var task in older)
        {
            var pull = await forge.GetPullAsync(repo, task.Pull!.Value, ct);
            // What people opened is theirs.
            if (!pull.IsOpen || pull.Author.Id != self.Id || pull.Head.Repo != repo || !pull.Head.Branch.StartsWith(TaskBranch.Prefix, StringComparison.Ordinal))
                continue;
            await forge.EnsureCommentAsync(repo, Subject.Pull(pull.Number), Markers.Superseded, Replies.Superseded(input.Pull, string.Join(", ", input.Subject.Names), input.Subject.Version, ForgeTerms.Of(repo)), ct);
            await forge.ClosePullAsync(repo, pull.Number, ct);
            retired.Add(task.Id);
        }

        return retired;
    });

    /// <summary>Links a head the task adopted, so that events about it find the task.</summary>
    [Activity]
    public Task LinkHeadAsync(TaskId task, RepoRef repo, int? pull, string headSha) => ActivityGuard.RunAsync(time, context =>
        links.LinkAsync(task, repo, null, pull, headSha, context.CancellationToken));

    /// <summary>Gathers what reviewers wrote and which CI results are red. Only words of people with write access are taken.</summary>
    [Activity]
    public Task<FeedbackReading> GatherFeedbackAsync(FeedbackInput input) => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        var feedback = await new FeedbackReader(forge, settings.AllowsBot).ReadAsync(input, ct) with { FailedCi = await ReadRedAsync(input, ct) };
        var (reviews, threads, red) = (feedback.Reviews, feedback.Threads, feedback.FailedCi);
        var any = reviews.Count + threads.Count + red.Count + feedback.Remarks.Count > 0;
        return new FeedbackReading(any ? await artifacts.PutJsonAsync(feedback, ct) : null, reviews.Count, [.. threads.Select(t => t.Id)], red.Count)
        {
            Suggestions = threads.Sum(t => t.Suggestions.Count(s => s.WhyNotApplied == SuggestionActivities.NotTried)),
        };
    });

    /// <summary>Answers each thread; the review's own text (thread 0) is answered in the conversation.</summary>
    [Activity]
    public Task AnswerThreadsAsync(AnswersInput input) => ActivityGuard.RunAsync(time, async context =>
    {
        foreach (var answer in input.Answers)
        {
            var marker = Markers.Answer(input.RunKey, input.Round, answer.ThreadId);
            var body = Replies.ThreadAnswer(answer, input.HeadSha);
            if (answer.ThreadId == 0)
            {
                await forge.EnsureCommentAsync(input.Repo, Subject.Pull(input.Pull), marker, body, context.CancellationToken);
                continue;
            }

            try
            {
                await forge.EnsureThreadReplyAsync(input.Repo, input.Pull, answer.ThreadId, marker, body, context.CancellationToken);
                if (input.ResolveFixed && input.HeadSha is not null && answer.Outcome == "fixed")
                    await forge.ResolveThreadAsync(input.Repo, input.Pull, answer.ThreadId, context.CancellationToken);
            }
            catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.UnprocessableEntity or HttpStatusCode.Locked)
            {
                // The reviewer deleted the remark meanwhile, and nobody waits for this answer any more; or we may not resolve, and it is answered.
            }
        }
    });

    private static LoadedTask? PullRefusal(PullRequest pull, RepoRef repo, string defaultBranch)
    {
        if (!pull.IsOpen)
            return Refused("the pull request is closed.", "Reopen it and ask again.");
        if (pull.Head.Repo is null || pull.Head.Repo != repo)
            return Refused("the pull request comes from a fork, and I push to branches of this repository only.", "Push the branch to this repository and open the pull request from there.");
        return pull.Head.Branch == defaultBranch
            ? Refused("the pull request comes from the default branch, which I never push to.", "Open it from another branch.")
            : null;
    }

    private static LoadedTask Refused(string why, string whatToDo) => new(null, [], why, whatToDo);

    /// <summary>What loading a task gave: facts, or why it cannot start.</summary>
    /// <param name="Facts">Facts; null when it cannot start.</param>
    /// <param name="PolicyErrors">What is wrong with the policy file.</param>
    /// <param name="Refusal">Why it cannot start, in words; empty when it can.</param>
    /// <param name="WhatToDo">What a person can do about the refusal.</param>
    public sealed record LoadedTask(TaskFacts? Facts, IReadOnlyList<PolicyError> PolicyErrors, string Refusal, string WhatToDo);

    /// <summary>What to tell the world about a task's state.</summary>
    /// <param name="Summary">Projection.</param>
    /// <param name="Status">Status comment.</param>
    /// <param name="RunKey">Names the comment.</param>
    /// <param name="Number">Issue or pull request that carries comment and labels; null when there is none.</param>
    /// <param name="AddLabel">Label to add; null for none.</param>
    /// <param name="RemoveLabels">Labels to take off.</param>
    public sealed record TellInput(
        TaskSummary Summary, StatusView Status, string RunKey, int? Number, string? AddLabel, IReadOnlyList<string> RemoveLabels)
    {
        /// <summary>Whether <see cref="Number"/> is a pull request's.</summary>
        public bool IsPull { get; init; }
    }

    /// <summary>A comment to make exist.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="Number">Issue or pull request.</param>
    /// <param name="Marker">Its key.</param>
    /// <param name="Body">Its text.</param>
    public sealed record SayInput(RepoRef Repo, int Number, string Marker, string Body)
    {
        /// <summary>Whether <see cref="Number"/> is a pull request's.</summary>
        public bool IsPull { get; init; }

        /// <summary>Where it stands.</summary>
        [JsonIgnore]
        public Subject On => new(Number, IsPull);
    }

    /// <summary>A comment as the forge has it.</summary>
    /// <param name="Id">Id.</param>
    /// <param name="CreatedAt">When it was first written, by the forge's clock.</param>
    /// <param name="WebUrl">Its page.</param>
    public sealed record PostedComment(long Id, DateTimeOffset CreatedAt, Uri WebUrl)
    {
        /// <summary>The conversation is locked, and there is no comment.</summary>
        public bool IsLockedOut { get; init; }
    }

    /// <summary>What is published and may take the place of older ones.</summary>
    /// <param name="Task">The task.</param>
    /// <param name="Pull">Its pull request.</param>
    /// <param name="Subject">What that is about.</param>
    public sealed record RetireInput(TaskId Task, int Pull, TaskSubject Subject);

    /// <summary>A pull request as the forge has it now.</summary>
    /// <param name="IsOpen">Open.</param>
    /// <param name="IsMerged">Merged.</param>
    /// <param name="IsDraft">Draft.</param>
    /// <param name="HeadSha">Head commit.</param>
    public sealed record PullReading(bool IsOpen, bool IsMerged, bool IsDraft, string HeadSha);

    /// <summary>Which feedback to gather.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="Pull">Pull request.</param>
    /// <param name="ReviewIds">Submitted reviews.</param>
    /// <param name="WithThreads">All open threads are wanted.</param>
    /// <param name="HeadSha">Head whose CI is wanted.</param>
    public sealed record FeedbackInput(RepoRef Repo, int Pull, IReadOnlyList<long> ReviewIds, bool WithThreads, string HeadSha)
    {
        /// <summary>What people said to the task itself.</summary>
        public IReadOnlyList<PersonText> Remarks { get; init; } = [];
        /// <summary>Under which rules CI is read; null for a task that asked before there were any.</summary>
        public CiQuestion? Ci { get; init; }

        /// <summary>A person asked for it: what is red on the base too is shown as well.</summary>
        public bool WithKnownRed { get; init; }
    }

    /// <summary>Gathered feedback.</summary>
    /// <param name="ArtifactId">Where it is stored; null when there is none.</param>
    /// <param name="Reviews">Number of review texts.</param>
    /// <param name="ThreadIds">Threads that want an answer.</param>
    /// <param name="RedCi">Number of red CI results.</param>
    public sealed record FeedbackReading(string? ArtifactId, int Reviews, IReadOnlyList<long> ThreadIds, int RedCi)
    {
        /// <summary>Number of replacements that reviewers propose and that may be made as they are.</summary>
        public int Suggestions { get; init; }
    }

    /// <summary>What a feedback round answers, as stored in the artifact store.</summary>
    /// <param name="Reviews">Summary texts of submitted reviews.</param>
    /// <param name="Threads">Open threads.</param>
    /// <param name="FailedCi">Red checks and statuses of the head.</param>
    public sealed record Feedback(IReadOnlyList<PersonText> Reviews, IReadOnlyList<ThreadText> Threads, IReadOnlyList<FailedCheck> FailedCi)
    {
        /// <summary>What people said to the task itself.</summary>
        public IReadOnlyList<PersonText> Remarks { get; init; } = [];
    }

    /// <summary>Answers to review threads.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="Pull">Pull request.</param>
    /// <param name="RunKey">Task.</param>
    /// <param name="Round">Feedback round, part of the markers.</param>
    /// <param name="Answers">Answers: model output.</param>
    /// <param name="HeadSha">Commit with the fix; null when nothing was published.</param>
    /// <param name="ResolveFixed">Whether threads that end as fixed are resolved.</param>
    public sealed record AnswersInput(
        RepoRef Repo, int Pull, string RunKey, int Round, IReadOnlyList<ThreadAnswer> Answers, string? HeadSha, bool ResolveFixed = false);
}
