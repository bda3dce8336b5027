using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.TestKit;

/// <summary>
/// A forge in memory: one repository with files, permissions, issues, comments, pull requests, reviews and CI. It keeps the promises of
/// the port (markers count only when the bot wrote them, writes are idempotent) and lets a test act as a person.
/// </summary>
public sealed class FakeForge(RepoRef repo, Func<DateTimeOffset> clock) : IForge, IRepositoryGuidance
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Conversation> _conversations = [];
    private readonly Dictionary<int, PullRequest> _pulls = [];
    private readonly Dictionary<int, List<Review>> _reviews = [];
    private readonly Dictionary<int, List<ReviewThread>> _threads = [];
    private readonly Dictionary<string, List<CiResult>> _ci = new(StringComparer.Ordinal);
    private readonly Dictionary<long, CiLog> _logs = [];
    private readonly HashSet<long> _resolved = [];
    private readonly HashSet<long> _hidden = [];
    private readonly Dictionary<long, Actor> _editors = [];
    private long _lastId = 1_000;

    public static Actor Bot { get; } = new("coding-agent", 1, ActorKind.Bot);

    public RepoRef Repo { get; } = repo;

    public string DefaultBranch { get; set; } = "main";

    /// <summary>Where git finds the repository; a test with real git sets it.</summary>
    public Uri? CloneUrl { get; set; }

    public ConcurrentDictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, string> Branches { get; } = new(StringComparer.Ordinal) { ["main"] = new string('a', 40) };

    public ConcurrentDictionary<string, AccessLevel> Access { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Set to make every call fail as if the forge were away.</summary>
    public bool IsAway { get; set; }

    public bool IsArchived { get; set; }

    /// <summary>Whether the bot may push; null when the forge does not say.</summary>
    public bool? MayWrite { get; set; }

    /// <summary>What it is called now; null for the same.</summary>
    public RepoRef? Renamed { get; set; }

    /// <summary>Who may read it; null when the forge does not say.</summary>
    public RepositoryVisibility? Visibility { get; set; } = RepositoryVisibility.Private;

    /// <summary>Set to make every call fail as if the bot's token were revoked.</summary>
    public bool RefusesToken { get; set; }

    /// <summary>Rules for the branches of tasks.</summary>
    public IReadOnlyList<PushRule> PushRules { get; set; } = [];

    /// <summary>The repository that branches and commits are read from and made in; null for none beside <see cref="Branches"/>.</summary>
    public GitRemote? Remote { get; set; }

    /// <summary>Set to let the forge sign the commits that it makes.</summary>
    public bool Signs { get; set; }

    /// <summary>Makes another answer of what the forge says of a commit that it made.</summary>
    public Func<MadeCommit, MadeCommit> Answers { get; set; } = made => made;

    /// <summary>Commits that the forge made, the first one first.</summary>
    public ConcurrentQueue<string> Made { get; } = [];

    /// <summary>Called with a call's name before it does anything, and again before its answer is heard; what it throws becomes the answer.</summary>
    public Action<string>? Interrupts { get; set; }

    /// <summary>Set to lock every conversation, also for the bot.</summary>
    public bool IsLocked { get; set; }

    /// <summary>Set to make comments be refused.</summary>
    public bool RefusesComments { get; set; }

    public IReadOnlyList<EvidenceCheck> EvidenceChecks
    {
        get
        {
            lock (_lock)
                return [.. _evidence];
        }
    }

    private readonly List<EvidenceCheck> _evidence = [];

    // What a test does as a person.
    public void OpenIssue(int number, string title, string body, string author = "ann", params string[] labels)
    {
        lock (_lock)
        {
            _conversations[number] = new Conversation(new Issue(number, title, body, Person(author), true, false, [.. labels], clock(), Url($"issues/{number}")));
        }
    }

    public void SetIssue(int number, Func<Issue, Issue> change)
    {
        lock (_lock)
            _conversations[number].Issue = change(_conversations[number].Issue);
    }

    public void OpenPull(int number, string branch, string sha, string author = "ann", RepoRef? headRepo = null)
    {
        lock (_lock)
        {
            _pulls[number] = new PullRequest(
                number, "A pull", "Body", Person(author), new PullHead(branch, sha, headRepo ?? Repo), DefaultBranch, Branches[DefaultBranch], false, true, false, Url($"pull/{number}"));
            _conversations[number] = new Conversation(new Issue(number, "A pull", "Body", Person(author), true, true, [], clock(), Url($"pull/{number}")));
            Branches[branch] = sha;
        }
    }

    public void SetPull(int number, Func<PullRequest, PullRequest> change)
    {
        lock (_lock)
            _pulls[number] = change(_pulls[number]);
    }

    public long AddReview(int pull, string author, ReviewState state, string body)
    {
        lock (_lock)
        {
            var review = new Review(++_lastId, Person(author), state, body, _pulls[pull].Head.Sha, clock());
            (_reviews.TryGetValue(pull, out var list) ? list : _reviews[pull] = []).Add(review);
            return review.Id;
        }
    }

    public bool HasIssue(int number)
    {
        lock (_lock)
            return _conversations.ContainsKey(number);
    }

    /// <summary>Somebody marks a thread as settled.</summary>
    public void Resolve(long root)
    {
        lock (_lock)
            _resolved.Add(root);
    }

    /// <summary>Somebody hides a comment from readers.</summary>
    public void Hide(long comment)
    {
        lock (_lock)
            _hidden.Add(comment);
    }

    public void SetThread(int pull, long root, Func<ReviewThread, ReviewThread> change)
    {
        lock (_lock)
            _threads[pull] = [.. _threads[pull].Select(t => t.RootCommentId == root ? change(t) : t)];
    }

    public long AddThread(int pull, string author, string path, string body)
    {
        lock (_lock)
        {
            var id = ++_lastId;
            var comment = new IssueComment(id, Person(author), body, clock(), clock(), Url($"pull/{pull}#r{id}"));
            (_threads.TryGetValue(pull, out var list) ? list : _threads[pull] = []).Add(new ReviewThread(id, null, path, 1, "@@", [comment]));
            return id;
        }
    }

    public void DeleteThread(int pull, long root)
    {
        lock (_lock)
            _threads[pull].RemoveAll(t => t.RootCommentId == root);
    }

    public long AddComment(int number, string author, string body, DateTimeOffset? at = null)
    {
        lock (_lock)
        {
            var id = ++_lastId;
            var by = author == Bot.Login ? Bot : Person(author);
            Find(number).Comments.Add(("", new IssueComment(id, by, body, at ?? clock(), at ?? clock(), Url($"issues/{number}#c{id}"))));
            return id;
        }
    }

    public void EditComment(long id, Func<string, string> body, DateTimeOffset at, string? by = null)
    {
        lock (_lock)
        {
            var comments = _conversations.Values.Select(c => c.Comments).Single(l => l.Exists(c => c.Comment.Id == id));
            var index = comments.FindIndex(c => c.Comment.Id == id);
            comments[index] = (comments[index].Marker, comments[index].Comment with { Body = body(comments[index].Comment.Body), UpdatedAt = at });
            if (by is not null) _editors[id] = Person(by);
        }
    }

    /// <summary>Somebody changes a remark in a thread.</summary>
    public void EditRemark(int pull, long root, string body, DateTimeOffset at, string by)
    {
        SetThread(pull, root, t => t with { Comments = [t.Comments[0] with { Body = body, UpdatedAt = at }, .. t.Comments.Skip(1)] });
        lock (_lock)
            _editors[root] = Person(by);
    }

    public void DeleteComment(long id)
    {
        lock (_lock)
        {
            foreach (var conversation in _conversations.Values)
                conversation.Comments.RemoveAll(c => c.Comment.Id == id);
        }
    }

    /// <summary>Makes these jobs all that CI says about a commit.</summary>
    public void SetCi(string sha, params (string Name, CiState State)[] results)
    {
        lock (_lock)
            _ci[sha] = [.. results.Select(r => Job(r.Name, r.State))];
    }

    /// <summary>CI says something more about a commit: as a further try where it names a check that is there.</summary>
    public void AddCi(string sha, CiResult result, string log = "", string missing = "")
    {
        lock (_lock)
        {
            result = result with { Id = ++_lastId };
            (_ci.TryGetValue(sha, out var list) ? list : _ci[sha] = []).Add(result);
            _logs[result.Id] = new CiLog(log, [], missing);
        }
    }

    /// <summary>The newest try of a job ends.</summary>
    public void EndCi(string sha, string name, CiState state)
    {
        lock (_lock)
        {
            var at = _ci[sha].FindLastIndex(r => r.Name == name);
            _ci[sha][at] = _ci[sha][at] with { State = state };
        }
    }

    /// <summary>A job of the forge's own runner.</summary>
    public CiResult Job(string name, CiState state, string workflow = "") =>
        new(name, state, false, $"{name} says {state}", null) { Workflow = workflow, Source = "workflow:" + workflow, Trigger = "push", Suite = 1, Id = ++_lastId, Origin = CiOrigin.Job };

    /// <summary>Results that were asked to be tried again, by name.</summary>
    public ConcurrentQueue<string> Reruns { get; } = [];

    /// <summary>Workflows that were started, with their branch.</summary>
    public ConcurrentQueue<(string Workflow, string Branch)> Started { get; } = [];

    /// <summary>Set to make the forge refuse to run or start anything of CI.</summary>
    public bool RefusesRuns { get; set; }

    public IReadOnlyList<string> Comments(int number)
    {
        lock (_lock)
            return [.. _conversations[number].Comments.Select(c => c.Comment.Body)];
    }

    public string Status(int number) => Comments(number).First(c => c.StartsWith("### ", StringComparison.Ordinal) && c.Contains("Cost so far", StringComparison.Ordinal));

    /// <summary>Somebody deletes the status comment; what it said.</summary>
    public string DeleteStatus(int number)
    {
        lock (_lock)
        {
            var comments = _conversations[number].Comments;
            var at = comments.FindIndex(c => c.Marker.StartsWith("status:", StringComparison.Ordinal));
            var body = comments[at].Comment.Body;
            comments.RemoveAt(at);
            return body;
        }
    }

    public IReadOnlyList<string> Labels(int number)
    {
        lock (_lock)
            return [.. _conversations[number].Issue.Labels];
    }

    /// <summary>Threads that were resolved, by their first comment.</summary>
    public IReadOnlyCollection<long> Resolved
    {
        get
        {
            lock (_lock)
                return [.. _resolved];
        }
    }

    public IReadOnlyList<string> Replies(int pull, long root)
    {
        lock (_lock)
            return [.. _threads[pull].Single(t => t.RootCommentId == root).Comments.Skip(1).Select(c => c.Body)];
    }

    // The port.
    public string GetCommitAddress(RepoRef repo, Actor account) => $"{account.Id}+{account.Login}@users.noreply.forge.test";

    public Task<Actor> GetSelfAsync(RepoRef repo, CancellationToken cancellationToken) => On(() => Bot);

    public Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken) =>
        On(() => repo.Equals(Repo)
            ? new Repository(Renamed ?? Repo, DefaultBranch, CloneUrl ?? new Uri($"https://forge.test/{Repo.FullName}.git"), IsArchived) { MayWrite = MayWrite, Visibility = Visibility }
            : throw new ForgeRejectedException("Not Found", HttpStatusCode.NotFound));

    public Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken) =>
        On(() =>
        {
            AccessAsked.Enqueue(login);
            return Access.TryGetValue(login, out var level) ? level : AccessLevel.None;
        });

    public Task<AccessLevel> GetAccessAsync(RepoRef repo, Actor account, CancellationToken cancellationToken) =>
        // Who has taken over a login is another account.
        AccountIds.TryGetValue(account.Login, out var id) && id != account.Id ? Task.FromResult(AccessLevel.None) : GetAccessAsync(repo, account.Login, cancellationToken);

    /// <summary>Number of the account that has a login now, where it matters.</summary>
    public ConcurrentDictionary<string, long> AccountIds { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whose access was asked for, in order.</summary>
    public ConcurrentQueue<string> AccessAsked { get; } = new();

    public Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken) =>
        On(() => Files.TryGetValue(path, out var text) ? new RepositoryFile(path, $"blob-{text.Length}", text) : null);

    public Task<IReadOnlyList<string>> ListFilesAsync(RepoRef repo, string folder, string reference, CancellationToken cancellationToken) =>
        On<IReadOnlyList<string>>(() => [.. Files.Keys.Where(p => (p.LastIndexOf('/') is var at and >= 0 ? p[..at] : "") == folder)]);

    Task<IReadOnlyList<GuidanceFile>> IRepositoryGuidance.ReadAsync(RepoRef repo, string commit, CancellationToken cancellationToken) => On<IReadOnlyList<GuidanceFile>>(() =>
        [.. Files.Where(f => f.Key.Split('/')[^1] == "AGENTS.md").Select(f => new GuidanceFile(f.Key, f.Value))]);

    public Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken) =>
        On(() => Remote is null ? Branches.GetValueOrDefault(branch) : HeadOf(branch));

    public bool SignsCommits(RepoRef repo) => Signs;

    public Task<MadeCommit> MakeCommitAsync(RepoRef repo, NewCommit commit, CancellationToken cancellationToken) => On(() =>
    {
        // A signature has a time in it.
        var sha = Remote!.Git(
            ["-c", $"user.name={Bot.Login}", "-c", $"user.email=bot+{++_lastId}@forge.test", "commit-tree", commit.Tree, .. commit.Parents.SelectMany(p => new[] { "-p", p }), "-m", commit.Message]).Trim();
        Made.Enqueue(sha);
        return Answers(new MadeCommit(sha, commit with { Message = commit.Message.TrimEnd() }, true, "valid"));
    });

    public Task<bool> MoveBranchAsync(RepoRef repo, BranchMove move, CancellationToken cancellationToken) => On(() =>
    {
        if (HeadOf(move.Branch) is var now && now != move.From)
            return now == move.To;
        Remote!.Git("update-ref", $"refs/heads/{move.Branch}", move.To, move.From ?? new string('0', 40));
        return true;
    });

    private string? HeadOf(string branch) => Remote!.Git("for-each-ref", "--format=%(objectname) %(refname)", $"refs/heads/{branch}")
        .Split('\n').Where(l => l.EndsWith($" refs/heads/{branch}", StringComparison.Ordinal)).Select(l => l.Split(' ')[0]).FirstOrDefault();

    /// <summary>Names of branches that the forge protects.</summary>
    public HashSet<string> ProtectedBranches { get; } = new(StringComparer.Ordinal);

    public Task<IReadOnlyList<PushRule>> ListPushRulesAsync(RepoRef repo, string branch, CancellationToken cancellationToken) =>
        On(() => PushRules);

    public Task<bool> IsProtectedAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => On(() => ProtectedBranches.Contains(branch));

    public Task<Issue> GetIssueAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) => On(() => Find(on.Number).Issue);

    public Task<IReadOnlyList<IssueComment>> ListCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) =>
        On<IReadOnlyList<IssueComment>>(() => [.. Find(on.Number).Comments.Select(c => c.Comment)]);

    public Task<IReadOnlyCollection<long>> ListHiddenCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) =>
        On<IReadOnlyCollection<long>>(() => [.. Find(on.Number).Comments.Select(c => c.Comment.Id).Where(_hidden.Contains)]);

    public Task<IssueComment> EnsureCommentAsync(RepoRef repo, Subject on, string marker, string body, CancellationToken cancellationToken) => On(() =>
    {
        if (IsLocked)
            throw new ForgeRejectedException("Unable to create comment because issue is locked.", HttpStatusCode.Locked);
        if (RefusesComments)
            throw new ForgeRejectedException("Commenting is not allowed.", HttpStatusCode.Forbidden);
        var comments = Find(on.Number).Comments;
        var at = comments.FindIndex(c => c.Marker == marker && c.Comment.Author == Bot);
        if (at < 0)
        {
            comments.Add((marker, new IssueComment(++_lastId, Bot, body, clock(), clock(), Url($"issues/{on.Number}#c{_lastId}"))));
            return comments[^1].Comment;
        }

        comments[at] = (marker, comments[at].Comment with { Body = body, UpdatedAt = clock() });
        return comments[at].Comment;
    });

    public Task AddReactionAsync(RepoRef repo, Subject on, long? commentId, Reaction reaction, CancellationToken cancellationToken) => On(() => 0);

    public Task AddLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken) => On(() =>
    {
        var c = Find(on.Number);
        c.Issue = c.Issue with { Labels = [.. c.Issue.Labels.Where(l => l != label), label] };
        c.Events.Add(new IssueEvent(++_lastId, IssueEventKind.Labeled, Bot, label, clock()));
        return 0;
    });

    public Task RemoveLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken) => On(() =>
    {
        var c = Find(on.Number);
        c.Issue = c.Issue with { Labels = [.. c.Issue.Labels.Where(l => l != label)] };
        c.Events.Add(new IssueEvent(++_lastId, IssueEventKind.Unlabeled, Bot, label, clock()));
        return 0;
    });

    public Task<PullRequest> GetPullAsync(RepoRef repo, int number, CancellationToken cancellationToken) => On(() => Pull(number));

    public Task<PullRequest?> FindPullByBranchAsync(RepoRef repo, string headBranch, CancellationToken cancellationToken) =>
        On(() => _pulls.Values.FirstOrDefault(p => p.IsOpen && p.Head.Branch == headBranch));

    public Task<PullRequest> EnsureDraftPullAsync(RepoRef repo, NewPullRequest pull, CancellationToken cancellationToken) => On(() =>
    {
        if (_pulls.Values.FirstOrDefault(p => p.IsOpen && p.Head.Branch == pull.HeadBranch) is { } existing)
            return existing;
        var number = Math.Max(100, _pulls.Keys.DefaultIfEmpty(0).Max()) + 1;
        _conversations[number] = new Conversation(new Issue(number, pull.Title, pull.Body, Bot, true, true, [], clock(), Url($"pull/{number}")));
        return _pulls[number] = new PullRequest(
            number, pull.Title, pull.Body, Bot, new PullHead(pull.HeadBranch, Branches.GetValueOrDefault(pull.HeadBranch, ""), Repo), pull.BaseBranch,
            Branches[pull.BaseBranch], true, true, false, Url($"pull/{number}"));
    });

    public Task UpdatePullAsync(RepoRef repo, int number, string title, string body, CancellationToken cancellationToken) =>
        On(() => _pulls[number] = Pull(number) with { Title = title, Body = body });

    public Task MarkReadyAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        On(() => _pulls[number] = Pull(number) with { IsDraft = false });

    /// <summary>Who was asked for a review of what.</summary>
    public ConcurrentQueue<(int Number, string Reviewer)> Asked { get; } = new();

    /// <summary>Who cannot be asked.</summary>
    public HashSet<string> CannotReview { get; } = [];

    /// <summary>What pull requests change, by their number.</summary>
    public Dictionary<int, IReadOnlyList<PullRequestFile>> Changes { get; } = [];

    public Task<IReadOnlyList<PullRequestFile>> ListChangesAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        On(() => Changes.TryGetValue(number, out var files) ? files : throw new ForgeRejectedException($"There is no #{number}.", HttpStatusCode.NotFound));

    public Task RequestReviewAsync(RepoRef repo, int number, string reviewer, CancellationToken cancellationToken) => On(() =>
    {
        if (CannotReview.Contains(reviewer))
            throw new ForgeRejectedException("Reviews may only be requested from collaborators.", HttpStatusCode.UnprocessableEntity);
        Asked.Enqueue((number, reviewer));
        return 0;
    });

    public Task ClosePullAsync(RepoRef repo, int number, CancellationToken cancellationToken) => On(() => { SetPull(number, p => p with { IsOpen = false }); return 0; });

    public Task CloseIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken) => On(() => Find(number).Issue = Find(number).Issue with { IsOpen = false });

    public Task<Review> GetReviewAsync(RepoRef repo, int number, long reviewId, CancellationToken cancellationToken) =>
        On(() => _reviews[number].Single(r => r.Id == reviewId));

    public Task<IReadOnlyList<ReviewThread>> ListReviewThreadsAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        On<IReadOnlyList<ReviewThread>>(() => _threads.TryGetValue(number, out var list) ? [.. list.Select(t => t with { IsResolved = _resolved.Contains(t.RootCommentId), Hidden = [.. t.Comments.Select(c => c.Id).Where(_hidden.Contains)] })] : []);

    public Task EnsureThreadReplyAsync(RepoRef repo, int number, long rootCommentId, string marker, string body, CancellationToken cancellationToken) => On(() =>
    {
        var list = _threads.GetValueOrDefault(number, []);
        var at = list.FindIndex(t => t.RootCommentId == rootCommentId);
        if (at < 0)
            throw new ForgeRejectedException($"There is no comment {rootCommentId}.", HttpStatusCode.NotFound);
        var hidden = $"{body}<!-- {marker} -->";
        if (!list[at].Comments.Any(c => c.Body == hidden))
            list[at] = list[at] with { Comments = [.. list[at].Comments, new IssueComment(++_lastId, Bot, hidden, clock(), clock(), Url("r"))] };
        return 0;
    });

    public Task ResolveThreadAsync(RepoRef repo, int number, long rootCommentId, CancellationToken cancellationToken) => On(() => _resolved.Add(rootCommentId));

    public Task<RecordedComment?> FindCommentAsync(RepoRef repo, Subject on, long id, bool withEdit, CancellationToken cancellationToken) => On(() =>
        _conversations.SelectMany(c => c.Value.Comments.Select(x => (c.Value.Issue, x.Comment))).Where(c => c.Comment.Id == id)
            .Select(c => Recorded(c.Comment, c.Issue.Number, c.Issue.IsPullRequest)).FirstOrDefault());

    public Task<RecordedComment?> FindLineCommentAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken) => On(() =>
        _threads.SelectMany(p => p.Value.SelectMany(t => t.Comments).Select(c => (Number: p.Key, Comment: c))).Where(c => c.Comment.Id == id)
            .Select(c => Recorded(c.Comment, c.Number, isPull: true)).FirstOrDefault());

    public Task<RecordedReview?> FindReviewAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken) => On(() =>
        _reviews.GetValueOrDefault(number, []).Where(r => r.Id == id).Select(r => new RecordedReview(r, null)).FirstOrDefault());

    public Task<IReadOnlyList<Review>> ListReviewsAsync(RepoRef repo, int number, DateTimeOffset since, CancellationToken cancellationToken) =>
        On<IReadOnlyList<Review>>(() => [.. _reviews.GetValueOrDefault(number, []).Where(r => r.SubmittedAt >= since)]);

    public Task<ChangedSubjects> ListChangedAsync(RepoRef repo, DateTimeOffset since, CancellationToken cancellationToken) => On(() => new ChangedSubjects(
        [.. _conversations.Values.Where(c => c.Issue.UpdatedAt >= since).OrderBy(c => c.Issue.UpdatedAt).Select(c => new Subject(c.Issue.Number, c.Issue.IsPullRequest))], null));

    public Task<DateTimeOffset?> FindIssueEditAsync(RepoRef repo, int number, CancellationToken cancellationToken) => On<DateTimeOffset?>(() => null);

    public Task<IReadOnlyList<IssueEvent>?> ListIssueEventsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) =>
        On<IReadOnlyList<IssueEvent>?>(() => _conversations.TryGetValue(on.Number, out var c) ? [.. c.Events] : null);

    public Task<IssueEvent?> FindAssignmentAsync(RepoRef repo, int number, Actor assignee, CancellationToken cancellationToken) => On<IssueEvent?>(() => null);

    public Task<IReadOnlyList<CiResult>> GetCiAsync(RepoRef repo, string sha, CancellationToken cancellationToken) =>
        On(() => CiTries.Newest(_ci.GetValueOrDefault(sha, [])));

    public Task<CiLog> ReadLogAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken) =>
        On(() => _logs.GetValueOrDefault(result.Id, new CiLog("", [], "")));

    public Task RerunAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken) => On(() =>
    {
        if (RefusesRuns || result.Origin == CiOrigin.Status)
            throw new ForgeRejectedException("Resource not accessible by integration", HttpStatusCode.Forbidden);
        Reruns.Enqueue(result.Name);
        var list = _ci.Values.Single(l => l.Exists(r => r.Id == result.Id));
        list.Add(result with { Id = ++_lastId, Attempt = result.Attempt + 1, State = CiState.Pending });
        return 0;
    });

    public Task StartWorkflowAsync(RepoRef repo, string workflow, string branch, CancellationToken cancellationToken) => On(() =>
    {
        if (RefusesRuns)
            throw new ForgeRejectedException("Workflow does not have 'workflow_dispatch' trigger", HttpStatusCode.UnprocessableEntity);
        Started.Enqueue((workflow, branch));
        var sha = Branches[branch];
        (_ci.TryGetValue(sha, out var list) ? list : _ci[sha] = []).Add(Job("job", CiState.Pending, workflow));
        return 0;
    });

    public Task EnsureCheckAsync(RepoRef repo, EvidenceCheck check, CancellationToken cancellationToken) => On(() =>
    {
        _evidence.RemoveAll(c => c.Name == check.Name && c.HeadSha == check.HeadSha);
        _evidence.Add(check);
        return 0;
    });

    private RecordedComment Recorded(IssueComment c, int number, bool isPull) =>
        new(c.Id, new Subject(number, isPull), c.Author, c.Body, c.CreatedAt, c.UpdatedAt > c.CreatedAt ? new TextEdit(_editors.GetValueOrDefault(c.Id, c.Author), c.UpdatedAt) : null);

    private static Actor Person(string login) => new(login, Math.Abs(StringComparer.Ordinal.GetHashCode(login)), login.EndsWith("[bot]", StringComparison.Ordinal) ? ActorKind.Bot : ActorKind.User);

    private Uri Url(string tail) => new($"https://forge.test/{Repo.FullName}/{tail}");

    private Conversation Find(int number) =>
        _conversations.TryGetValue(number, out var c) ? c : throw new ForgeRejectedException($"There is no issue {number}.", HttpStatusCode.NotFound);

    private PullRequest Pull(int number) =>
        _pulls.TryGetValue(number, out var p) ? p : throw new ForgeRejectedException($"There is no pull request {number}.", HttpStatusCode.NotFound);

    private Task<T> On<T>(Func<T> body, [CallerMemberName] string call = "")
    {
        if (IsAway)
            return Task.FromException<T>(new ForgeUnavailableException("The forge is away."));
        if (RefusesToken)
            return Task.FromException<T>(new ForgeRejectedException("GET /repos answered 401: Bad credentials", HttpStatusCode.Unauthorized));
        try
        {
            Interrupts?.Invoke(call);
            T answer;
            lock (_lock)
                answer = body();
            Interrupts?.Invoke(call);
            return Task.FromResult(answer);
        }
        catch (Exception e) when (e is ForgeRejectedException or ForgeUnavailableException)
        {
            return Task.FromException<T>(e);
        }
    }

    private sealed class Conversation(Issue issue)
    {
        public Issue Issue { get; set; } = issue;

        public List<(string Marker, IssueComment Comment)> Comments { get; } = [];

        public List<IssueEvent> Events { get; } = [];
    }
}
