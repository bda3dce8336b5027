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
