using System.Text.RegularExpressions;

namespace CodingAgent.Forges.GitLab;

/// <summary>
/// The draft state of a merge request, which is what its title begins with.
/// https://docs.gitlab.com/user/project/merge_requests/drafts/
/// </summary>
internal static partial class Draft
{
    /// <summary>A title that makes a draft, of one that does not.</summary>
    public static string With(string title, int longest) => "Draft: " + MarkedBody.Cut(title, longest - "Draft: ".Length);

    /// <summary>The title without what makes it a draft.</summary>
    public static string Without(string title)
    {
        var rest = Prefix().Replace(title, "");
        // A title that is nothing else would be none.
        return rest.Length > 0 ? rest : title;
    }

    /// <summary>Whether a title makes a draft.</summary>
    public static bool Is(string title) => Prefix().IsMatch(title);

    // "WIP" was one until GitLab 14.
    [GeneratedRegex(@"^(\s*(\[draft\]|\(draft\)|draft:)\s*)+", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Prefix();
}
