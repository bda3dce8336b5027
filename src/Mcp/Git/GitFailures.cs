namespace CodingAgent.Mcp.Git;

/// <summary>Reads git's words about a failed fetch or push (in the C locale) and says which kind of failure it is.</summary>
internal static class GitFailures
{
    private static readonly (string Words, GitRejection Reason)[] Rejections =
    [
        ("stale info", GitRejection.StaleExpectation),
        ("fetch first", GitRejection.StaleExpectation),
        ("cannot lock ref", GitRejection.StaleExpectation),
        ("failed to update ref", GitRejection.StaleExpectation),
        ("non-fast-forward", GitRejection.NotFastForward),
        ("Authentication failed", GitRejection.Authentication),
        ("could not read Username", GitRejection.Authentication),
        ("could not read Password", GitRejection.Authentication),
        ("returned error: 401", GitRejection.Authentication),
        ("returned error: 403", GitRejection.Authentication),
        ("Permission to", GitRejection.Authentication),
        ("returned error: 404", GitRejection.NotFound),
        ("Repository not found", GitRejection.NotFound),
        ("' not found", GitRejection.NotFound),
        ("does not appear to be a git repository", GitRejection.NotFound),
        ("couldn't find remote ref", GitRejection.NotFound),
        ("not our ref", GitRejection.NotFound),
        ("[remote rejected]", GitRejection.Refused),
        ("[rejected]", GitRejection.Refused),
        ("remote: error:", GitRejection.Refused),
        ("unable to update url base from redirection", GitRejection.Refused),
        ("returned error: 30", GitRejection.Refused),
        ("returned error: 400", GitRejection.Refused),
        ("returned error: 410", GitRejection.NotFound),
        ("returned error: 413", GitRejection.Refused),
        ("not allowed", GitRejection.Refused),
        ("fsck", GitRejection.Refused),
    ];

    /// <summary>The exception for a failed network command; what is not known to be final is retryable.</summary>
    public static Exception Classify(string command, Uri url, string words)
    {
        var message = $"git {command} with {url.GetLeftPart(UriPartial.Path)} failed: {GitProcess.Tail(words)}";
        foreach (var (text, reason) in Rejections)
        {
            if (words.Contains(text, StringComparison.Ordinal)) return new GitRejectedException(reason, message);
        }

        return new GitUnavailableException(message);
    }
}

/// <summary>A remote or a rule of ours said no; trying the same again will not help.</summary>
public sealed class GitRejectedException(GitRejection reason, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public GitRejection Reason { get; } = reason;
}

/// <summary>Why a remote or a rule said no.</summary>
public enum GitRejection
{
    /// <summary>The remote refused for a reason of its own (protected branch, hook, size).</summary>
    Refused,

    /// <summary>The credential is missing, wrong or not allowed to do this.</summary>
    Authentication,

    /// <summary>The repository, commit or branch is not there (or hidden from this credential).</summary>
    NotFound,

    /// <summary>The new commit does not descend from the expected one.</summary>
    NotFastForward,

    /// <summary>The branch moved: it is not at the expected commit.</summary>
    StaleExpectation,

    /// <summary>The push named the default branch.</summary>
    DefaultBranch,
}

/// <summary>A local git command failed: full disk, damaged mirror, missing object. The message ends with what git said.</summary>
public sealed class GitFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The remote could not be reached or failed by itself; trying again later may work.</summary>
public sealed class GitUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
