using System.Text;

namespace CodingAgent.Mcp.Git;

/// <summary>Path rules shared by git calls and tools.</summary>
internal static class GitPaths
{
    /// <summary>True when some component is ".git" on any file system: other case, NTFS short name or suffixes, HFS ignorable characters.</summary>
    public static bool IsGitInternal(string path) => path.Split('/').Any(IsGitName);

    /// <summary>True for one name that some file system takes for ".git".</summary>
    public static bool IsGitName(string name)
    {
        // NTFS reads "x\y" as two components and "x:stream" as x.
        return name.Split('\\').Any(part =>
        {
            var plain = new StringBuilder();
            foreach (var c in part)
            {
                if (c is not (>= '\u200c' and <= '\u200f') and not (>= '\u202a' and <= '\u202e') and not (>= '\u206a' and <= '\u206f') and not '\ufeff')
                    plain.Append(char.ToLowerInvariant(c));
            }

            var text = plain.ToString().Split(':')[0].TrimEnd(' ', '.');
            return text is ".git" or "git~1";
        });
    }

    /// <summary>A full object id.</summary>
    public static bool IsObjectId(string text) => text.Length is 40 or 64 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Refuses anything but a full object id, so that no argument can be taken for an option or an expression.</summary>
    public static string RequireObjectId(string text, string what) =>
        IsObjectId(text) ? text : throw new ArgumentException($"{what} must be a full object id, not '{text}'.", what);

    /// <summary>A branch name by git's rules (git-check-ref-format), without "refs/".</summary>
    public static bool IsBranchName(string name) =>
        name.Length is > 0 and <= 200
        && !name.StartsWith('-') && !name.StartsWith('/') && !name.EndsWith('/') && !name.EndsWith('.')
        && name is not ("HEAD" or "@")
        && !name.StartsWith("refs/", StringComparison.Ordinal)
        && !name.Contains("..", StringComparison.Ordinal) && !name.Contains("//", StringComparison.Ordinal) && !name.Contains("@{", StringComparison.Ordinal)
        && name.All(c => c > ' ' && c != '\x7f' && !"~^:?*[\\".Contains(c, StringComparison.Ordinal))
        && name.Split('/').All(p => !p.StartsWith('.') && !p.EndsWith(".lock", StringComparison.Ordinal));
}
