namespace CodingAgent.Forges.GitHub;

/// <summary>
/// What a token of an installation is asked to allow, in GitHub's names
/// (https://docs.github.com/rest/authentication/permissions-required-for-github-apps). It is the least that the call can do with.
/// </summary>
internal static class AppPermissions
{
    public const string Read = "read";
    public const string Write = "write";

    /// <summary>The permissions to ask for, and those without which the call makes no sense and that the installation does not grant.</summary>
    /// <param name="wanted">What the call must be able to do.</param>
    /// <param name="granted">What the installation's owner granted: level by name.</param>
    public static (SortedDictionary<string, string> Asked, IReadOnlyList<string> Missing) For(TokenPermissions wanted, IReadOnlyDictionary<string, string> granted)
    {
        // Everybody who may ask at all has it.
        var asked = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["metadata"] = Read };
        var missing = new List<string>();
        foreach (var (name, level, isNeeded) in Of(wanted))
        {
            if (Grants(granted, name, level))
                asked[name] = asked.GetValueOrDefault(name) == Write ? Write : level;
            else if (isNeeded)
                missing.Add($"{name}: {level}");
        }

        return (asked, [.. missing.Distinct()]);
    }

    /// <summary>Whether this much of it is granted.</summary>
    public static bool Grants(IReadOnlyDictionary<string, string> granted, string name, string level) =>
        granted.TryGetValue(name, out var has) && (has == level || (level == Read && has is Write or "admin") || has == "admin");

    private static IEnumerable<(string Name, string Level, bool IsNeeded)> Of(TokenPermissions wanted)
    {
        if (wanted.HasFlag(TokenPermissions.Read))
        {
            yield return ("contents", Read, true);
            yield return ("issues", Read, true);
            yield return ("pull_requests", Read, true);
            // Without them CI is not known, and the adapter says so where it matters.
            yield return ("checks", Read, false);
            yield return ("statuses", Read, false);
            yield return ("actions", Read, false);
        }

        if (wanted.HasFlag(TokenPermissions.WriteConversation))
        {
            // A comment's or reaction's id does not tell an issue's from a pull request's.
            yield return ("issues", Write, true);
            yield return ("pull_requests", Write, true);
        }

        if (wanted.HasFlag(TokenPermissions.WritePulls))
        {
            yield return ("pull_requests", Write, true);
            // A pull request is opened between two branches that its opener can read; else "not all refs are readable".
            yield return ("contents", Read, true);
        }

        if (wanted.HasFlag(TokenPermissions.WriteContents))
        {
            yield return ("contents", Write, true);
            // Git refuses a push that changes a workflow file without it; the manifest does not ask for it, an operator may.
            if (wanted == TokenPermissions.WriteContents)
                yield return ("workflows", Write, false);
        }

        if (wanted.HasFlag(TokenPermissions.WriteChecks))
            yield return ("checks", Write, true);
        if (wanted.HasFlag(TokenPermissions.RunCi))
            yield return ("actions", Write, true);
    }
}
