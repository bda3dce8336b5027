using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Git;

/// <summary>Reads git's words about a failed fetch or push (in the C locale) and says which kind of failure it is.</summary>
/// <remarks>
/// The forges put their own trouble and their own rules into the same bracket, "[remote rejected] (...)"; only the words tell them
/// apart, so the more telling words come first: what stands in the way, then a rule, then a fault of the server, then git's general words.
/// </remarks>
public static partial class GitFailures
{
    // Rules that a forge names. They hold whatever else the answer says.
    private static readonly string[] Rules =
    [
        "GH001", "GH002", "GH003", "GH005", "GH006", "GH007", "GH008", "GH009", "GH011", "GH012", "GH013",
        "protected branch", "repository rule violations", "refusing to allow", "You are not allowed", "not allowed to push", "You don't have permission",
        "push declined due to", "Commit message does not follow", "file size limit", "exceeds the limit", "maximum size", "deny updating a hidden ref",
        "shallow update not allowed", "branch name does not follow", "archived", "not signed", "is not a member of team", "LFS objects are missing",
        "branch is currently checked out", "prohibited by Gerrit",
    ];

    // The server's own trouble: a person would simply push again.
    private static readonly string[] Faults =
    [
        "(failure)", "fatal error in commit_refs", "Internal Server Error", "internal server error", "Internal API unreachable", "internal API unreachable",
        "Internal API error", "API is not accessible", "Unable to contact", "Communication breakdown", "remote failed to report status", "(remote failed",
        "unable to migrate objects to permanent storage", "temporary object directory", "unable to write", "No space left on device", "unpacker error",
        "index-pack abnormal exit", "unpack-objects abnormal exit", "missing necessary objects", ": File exists", "hook timed out", "timed out", "timeout",
        "temporarily unavailable", "try again", "Try again", "Please retry", "read-only mode", "read only mode", "maintenance", "overloaded", "too many requests",
        "rate limit", "Service Unavailable", "Bad Gateway", "Gateway Time", "unexpected disconnect", "hung up unexpectedly", "early EOF", "Connection reset",
        "NoMethodError", "undefined method", "connection refused",
    ];

    private static readonly (string Words, GitRejection Reason)[] Rejections =
    [
        ("stale info", GitRejection.StaleExpectation),
        ("fetch first", GitRejection.StaleExpectation),
        ("cannot lock ref", GitRejection.StaleExpectation),
        ("failed to lock", GitRejection.StaleExpectation),
        ("failed to update ref", GitRejection.StaleExpectation),
        ("incorrect old value", GitRejection.StaleExpectation),
        ("reference already exists", GitRejection.StaleExpectation),
        ("non-fast-forward", GitRejection.NotFastForward),
        ("Authentication failed", GitRejection.Credential),
        ("could not read Username", GitRejection.Credential),
        ("could not read Password", GitRejection.Credential),
        ("Access denied", GitRejection.Credential),
        ("returned error: 401", GitRejection.Credential),
        ("returned error: 403", GitRejection.Authentication),
        ("Permission to", GitRejection.Authentication),
        ("Write access to repository not granted", GitRejection.Authentication),
        ("returned error: 404", GitRejection.NotFound),
        ("Repository not found", GitRejection.NotFound),
        ("could not be found", GitRejection.NotFound),
        ("' not found", GitRejection.NotFound),
        ("does not appear to be a git repository", GitRejection.NotFound),
        ("couldn't find remote ref", GitRejection.NotFound),
        ("not our ref", GitRejection.NotFound),
        ("mismatched algorithms", GitRejection.Unsupported),
        ("fsck error", GitRejection.Unsafe),
        ("[remote rejected]", GitRejection.Refused),
        ("[rejected]", GitRejection.Refused),
        ("remote: error:", GitRejection.Refused),
        ("unable to update url base from redirection", GitRejection.Refused),
        ("returned error: 30", GitRejection.Refused),
        ("returned error: 400", GitRejection.Refused),
        ("returned error: 410", GitRejection.NotFound),
        ("returned error: 413", GitRejection.Refused),
        ("not allowed", GitRejection.Refused),
    ];

    /// <summary>The exception for a failed network command; what is not known to be final is retryable.</summary>
    internal static Exception Classify(string command, Uri url, string words)
    {
        var message = $"git {command} with {url.GetLeftPart(UriPartial.Path)} failed: {GitProcess.Tail(words)}";
        var way = InTheWay().Match(words);
        if (way.Success)
        {
            var other = way.Groups["other"].Value;
            return new GitRejectedException(GitRejection.BranchInTheWay, InTheWayMessage(other)) { Branch = other };
        }

        // Names that people chose are no words of the forge: a branch may be called "maintenance".
        var said = Names().Replace(words, "");
        if (Has(said, Rules)) return new GitRejectedException(GitRejection.Refused, message);
        // A status of HTTP and git's own verdict about objects decide; "try again" beside a 403 changes nothing.
        var decided = said.Contains("returned error: 4", StringComparison.Ordinal) || said.Contains("fsck error", StringComparison.Ordinal);
        if (!decided && Has(said, Faults)) return new GitUnavailableException(message);
        foreach (var (text, reason) in Rejections)
        {
            if (words.Contains(text, StringComparison.Ordinal)) return new GitRejectedException(reason, Advice(reason) + message);
        }

        return new GitUnavailableException(message);
    }

    /// <summary>What a person can do about a branch whose name does not let another exist.</summary>
    public static string InTheWayMessage(string branch) =>
        $"The branch '{branch}' is in the way: git cannot have it and a branch below or above it in name at once. Rename or delete it.";

    private static string Advice(GitRejection reason) => reason switch
    {
        GitRejection.Unsupported => "The repository uses SHA-256 object ids, which are not supported; only SHA-1 repositories are. ",
        GitRejection.Unsafe => "The repository holds an object that is not safe to read (such as a path named .git or an option for a submodule's URL). ",
        _ => "",
    };

    private static bool Has(string words, string[] any) => Array.Exists(any, w => words.Contains(w, StringComparison.Ordinal));

    // git's own words, and libgit2's.
    [GeneratedRegex(
        @"'refs/heads/(?<other>[^'\n]+)' exists; cannot create|there are still refs under 'refs/heads/(?<other>[^'\n]+)'|cannot lock ref 'refs/heads/[^'\n]+': 'refs/heads/(?<other>[^'\n]+)' exists|path to reference 'refs/heads/[^'\n]+' collides with existing one( 'refs/heads/(?<other>[^'\n]+)')?",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex InTheWay();

    [GeneratedRegex(@"'?refs/(heads|tags)/[^\s']+'?|'https?://[^'\n]*'|\bTo https?://\S+", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Names();
}

/// <summary>A remote or a rule of ours said no; trying the same again will not help.</summary>
public sealed class GitRejectedException(GitRejection reason, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public GitRejection Reason { get; } = reason;

    /// <summary>The other branch, for <see cref="GitRejection.BranchInTheWay"/>; empty when the remote did not name it.</summary>
    public string Branch { get; init; } = "";
}

/// <summary>Why a remote or a rule said no.</summary>
public enum GitRejection
{
    /// <summary>The remote refused for a reason of its own (protected branch, hook, size).</summary>
    Refused,

    /// <summary>The credential is missing, or the remote does not know it (any more, or not yet).</summary>
    Credential,

    /// <summary>The remote knows the credential, and it may not do this.</summary>
    Authentication,

    /// <summary>The repository, commit or branch is not there (or hidden from this credential).</summary>
    NotFound,

    /// <summary>The new commit does not descend from the expected one.</summary>
    NotFastForward,

    /// <summary>The branch moved: it is not at the expected commit.</summary>
    StaleExpectation,

    /// <summary>The push named the default branch.</summary>
    DefaultBranch,

    /// <summary>Another branch's name is a folder of this one, or the other way round: <c>a</c> and <c>a/b</c> cannot both exist.</summary>
    BranchInTheWay,

    /// <summary>The repository uses object ids other than SHA-1.</summary>
    Unsupported,

    /// <summary>The repository holds an object that no reader should follow; nothing of that fetch was kept.</summary>
    Unsafe,
}

/// <summary>A local git command failed: full disk, damaged mirror, missing object. The message ends with what git said.</summary>
public sealed class GitFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The remote could not be reached or failed by itself; trying again later may work.</summary>
public sealed class GitUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
