namespace CodingAgent.Forges;

/// <summary>CI results on commits, what is behind them, and asking for more of them.</summary>
public interface IForgeChecks
{
    /// <summary>What CI says about a commit: of the tries of each check the one that counts (<see cref="CiTries"/>), by name.</summary>
    Task<IReadOnlyList<CiResult>> GetCiAsync(RepoRef repo, string sha, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the bot's check on the commit have this content: as a check run where the service acts as an app, in one line as a commit status
    /// where it acts as an account. Saying the same twice is saying it once.
    /// </summary>
    Task EnsureCheckAsync(RepoRef repo, EvidenceCheck check, CancellationToken cancellationToken);

    /// <summary>
    /// What stands behind a result: its log, as far as it is worth carrying, and remarks on lines. A log that is gone, not yet written or not to be
    /// read is no failure: <see cref="CiLog.Missing"/> says so.
    /// </summary>
    /// <exception cref="ForgeUnavailableException">The forge is away.</exception>
    Task<CiLog> ReadLogAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken);

    /// <summary>
    /// Asks for one more try of a result on the same commit, together with whatever else of the same run did not pass. Asking for what runs already
    /// does nothing.
    /// </summary>
    /// <exception cref="ForgeRejectedException">The forge does not allow it, or cannot.</exception>
    Task RerunAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken);

    /// <summary>Starts a workflow on a branch. Not idempotent: look first whether it has run.</summary>
    /// <param name="repo">Repository.</param>
    /// <param name="workflow">Name of its file, e.g. <c>ci.yml</c>.</param>
    /// <param name="branch">Branch it runs on.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ForgeRejectedException">There is no such workflow, it cannot be started so, or the forge does not allow it.</exception>
    Task StartWorkflowAsync(RepoRef repo, string workflow, string branch, CancellationToken cancellationToken);
}

/// <summary>One result on a commit. Results with one <see cref="Source"/>, <see cref="Trigger"/> and <see cref="Name"/> are tries of one check.</summary>
/// <param name="Name">Name of the job, check or status.</param>
/// <param name="State">Outcome so far.</param>
/// <param name="IsOurs">True for what this bot itself reported (its evidence check), which never counts towards green.</param>
/// <param name="Summary">Short output text, for the fixer; untrusted.</param>
/// <param name="DetailsUrl">Log page, when given.</param>
public sealed record CiResult(string Name, CiState State, bool IsOurs, string Summary, Uri? DetailsUrl)
{
    /// <summary>
    /// Which workflow, app or reporter it belongs to: the same on every commit, as far as that is known. Where it is not, no two commits share one.
    /// </summary>
    public string Source { get; init; } = "";

    /// <summary>What people call the workflow; empty when it belongs to none. Untrusted.</summary>
    public string Workflow { get; init; } = "";

    /// <summary>What set it going. Of one commit, results with different triggers do not replace each other.</summary>
    public string Trigger { get; init; } = "";

    /// <summary>Run or suite it belongs to: a larger one is newer.</summary>
    public long Suite { get; init; }

    /// <summary>Try within the suite, from 1. Results that share it stand beside each other.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>The forge's id of the job or check; 0 for a run as a whole.</summary>
    public long Id { get; init; }

    /// <summary>Who reports it, and so what can be asked of it.</summary>
    public CiOrigin Origin { get; init; } = CiOrigin.Status;

    /// <summary>It passed, and an earlier try on the same commit had failed.</summary>
    public bool FailedBefore { get; init; }

    /// <summary>Name for people: with the workflow's where it has one, because two workflows may call a job the same. Untrusted.</summary>
    public string Title => Workflow.Length == 0 || Workflow == Name ? Name : $"{Workflow} / {Name}";
}

/// <summary>Who reports a CI result.</summary>
public enum CiOrigin
{
    /// <summary>Anybody, in one line.</summary>
    Status,

    /// <summary>An app, on its own suite.</summary>
    Check,

    /// <summary>The forge's own runner: it has a log.</summary>
    Job,
}

/// <summary>Outcome of one check or status.</summary>
public enum CiState
{
    /// <summary>Queued or running.</summary>
    Pending,

    /// <summary>Concluded successfully.</summary>
    Passed,

    /// <summary>Concluded with a failure: red, an error, out of time, or a word that is not known.</summary>
    Failed,

    /// <summary>Concluded without saying anything, as it should: skipped or neutral.</summary>
    Skipped,

    /// <summary>Ended before it could say anything: somebody or something cancelled it.</summary>
    Cancelled,

    /// <summary>The forge gave it up because nothing was heard of it.</summary>
    Stale,

    /// <summary>It waits for a person: an approval, an answer.</summary>
    NeedsPerson,

    /// <summary>It could not be started: a workflow file that is not valid, no runner.</summary>
    NotStarted,
}

/// <summary>What stands behind a CI result.</summary>
/// <param name="Text">What the job printed: beginning and end of it where it is long; outside text, bounded.</param>
/// <param name="Remarks">Remarks on lines, one a line: <c>path:line: level: text</c>; outside text, bounded.</param>
/// <param name="Missing">Why there is no text, in words; empty when there is, and when none is to be expected.</param>
public sealed record CiLog(string Text, IReadOnlyList<string> Remarks, string Missing);

/// <summary>The check run that carries the gates' results.</summary>
/// <param name="Name">Check name, e.g. <c>coding-agent/evidence</c>.</param>
/// <param name="HeadSha">Commit it is about.</param>
/// <param name="Conclusion">Outcome.</param>
/// <param name="Title">One line.</param>
/// <param name="Summary">Markdown.</param>
public sealed record EvidenceCheck(string Name, string HeadSha, CiState Conclusion, string Title, string Summary)
{
    /// <summary>Remarks on lines of the commit; forges that know none beside a check leave them out.</summary>
    public IReadOnlyList<CheckRemark> Remarks { get; init; } = [];
}

/// <summary>A remark of a check on a line.</summary>
/// <param name="Path">File, from the repository's root.</param>
/// <param name="Line">Line, from 1; 1 for the file as a whole.</param>
/// <param name="Level">How much it weighs.</param>
/// <param name="Message">What to know there: plain text, shown as it is.</param>
public sealed record CheckRemark(string Path, int Line, RemarkLevel Level, string Message);

/// <summary>How much a <see cref="CheckRemark"/> weighs.</summary>
public enum RemarkLevel
{
    /// <summary>Worth knowing.</summary>
    Notice,

    /// <summary>Worth a look first.</summary>
    Warning,

    /// <summary>Not to be merged as it is.</summary>
    Failure,
}
