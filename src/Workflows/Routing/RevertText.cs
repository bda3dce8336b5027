using System.Globalization;
using System.Text.RegularExpressions;
using CodingAgent.Forges;
using CodingAgent.Workflows.Commands;

namespace CodingAgent.Workflows.Routing;

/// <summary>
/// What a pull request says that it reverts, in the words that the forges and git write themselves (<c>Reverts owner/name#12</c>, <c>This reverts merge request
/// !12</c>, <c>This reverts commit SHA</c>, and the number in a title such as <c>Revert "Add a cache (#12)"</c>); a mention of a number alone says nothing. Pure.
/// </summary>
public static partial class RevertText
{
    private const int MostLines = 2000;
    private const int MostFound = 20;

    /// <summary>Reads it.</summary>
    /// <param name="repo">The repository, as it is called now: what names another reverts nothing here.</param>
    /// <param name="pull">The pull request: outside text.</param>
    /// <returns>Pull requests of that repository, and commits, that it reverts.</returns>
    public static (IReadOnlyList<int> Pulls, IReadOnlyList<string> Commits) Read(RepoRef repo, PullRequest pull)
    {
        ArgumentNullException.ThrowIfNull(repo);
        ArgumentNullException.ThrowIfNull(pull);
        List<int> pulls = [];
        List<string> commits = [];
        // A revert of a revert ends with a quote more, or with the number of the revert.
        if (Title().Match(VisibleText.Of(pull.Title).Trim()) is { Success: true } title)
            Add(title.Groups["number"].Value);
        var isCode = false;
        foreach (var line in VisibleText.Of(pull.Body).ReplaceLineEndings("\n").Split('\n', MostLines + 1).Take(MostLines))
        {
            if (Fence().IsMatch(line))
                isCode = !isCode;
            if (isCode)
                continue;
            if (Commit().Match(line) is { Success: true } commit)
                commits.Add(commit.Groups["sha"].Value.ToLowerInvariant());
            if (References().Match(line) is { Success: true } named)
            {
                foreach (var reference in named.Groups["ref"].Captures.Select(c => Reference().Match(c.Value)))
                {
                    if (IsHere(reference))
                        Add(reference.Groups["number"].Value);
                }
            }
        }

        return ([.. pulls.Distinct().Where(n => n != pull.Number).Take(MostFound)], [.. commits.Distinct(StringComparer.Ordinal).Take(MostFound)]);

        void Add(string number)
        {
            if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0)
                pulls.Add(n);
        }

        bool IsHere(Match reference)
        {
            if (!reference.Success)
                return false;
            if (reference.Groups["host"] is { Success: true } host && !string.Equals(host.Value, pull.WebUrl.Authority, StringComparison.OrdinalIgnoreCase))
                return false;
            if (reference.Groups["sign"] is { Success: true } sign && sign.Value[0] != ForgeTerms.Of(repo).PullSign)
                return false;
            return reference.Groups["repo"] is not { Success: true } name || string.Equals(name.Value, repo.FullName, StringComparison.OrdinalIgnoreCase);
        }
    }

    [GeneratedRegex("""^Revert "(Merge pull request #(?<number>[0-9]+) from [^"]+|[^"].*\(#(?<number>[0-9]+)\))"( \(#[0-9]+\))?$""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Title();

    [GeneratedRegex(@"^ {0,3}(```|~~~)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^ {0,3}(This )?reverts commit (?<sha>[0-9a-f]{40}([0-9a-f]{24})?)\b", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Commit();

    [GeneratedRegex(
        @"^ {0,3}(This )?reverts? (the )?((pull|merge) request |PR |MR )?(?<ref>[^\s,;]+)((, | and |, and )(?<ref>[^\s,;]+))*",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex References();

    [GeneratedRegex(
        @"^((?<repo>[A-Za-z0-9._/-]+)?(?<sign>[#!])(?<number>[0-9]+)|https?://(?<host>[A-Za-z0-9.:-]+)/(?<repo>[A-Za-z0-9._/-]+?)/(-/)?(pull|pulls|merge_requests)/(?<number>[0-9]+)/?)[.:]?$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Reference();
}
