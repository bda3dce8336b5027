namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>The names of the eight reactions that GitHub has, which GitLab spells otherwise; every further one is GitLab's alone.</summary>
internal static class AwardNames
{
    private static readonly (string GitHub, string GitLab)[] Pairs =
        [("+1", "thumbsup"), ("-1", "thumbsdown"), ("laugh", "laughing"), ("confused", "confused"), ("heart", "heart"), ("hooray", "tada"), ("rocket", "rocket"), ("eyes", "eyes")];

    // GitLab refuses what is no emoji; these are a few of its thousands.
    private static readonly string[] More =
        ["white_check_mark", "x", "warning", "hourglass", "hourglass_flowing_sand", "robot", "lock", "no_entry", "construction", "smile", "wave", "100", "question", "bug", "fire"];

    public static string ToGitLab(string content) => Array.Find(Pairs, p => p.GitHub == content).GitLab ?? content;

    /// <summary>The content a mark has; null for what is no emoji.</summary>
    public static string? FromGitLab(string name) => Array.Find(Pairs, p => p.GitLab == name).GitHub ?? Array.Find(More, m => m == name);
}
