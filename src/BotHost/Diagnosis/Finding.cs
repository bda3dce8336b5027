using CodingAgent.Forges;

namespace CodingAgent.BotHost.Diagnosis;

/// <summary>One thing <c>doctor</c> and start-up found.</summary>
/// <param name="Area">What it is about, in a word.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Text">One line: what, where, how to mend it.</param>
/// <param name="Setting">The setting to look at; null when it is none of ours.</param>
public sealed record Finding(string Area, FindingLevel Level, string Text, string? Setting = null)
{
    /// <summary>What the forge's adapter found.</summary>
    public static Finding Of(ForgeFinding found) => new(
        found.Subject,
        found.Level switch
        {
            ForgeFindingLevel.Good => FindingLevel.Ok,
            ForgeFindingLevel.Note => FindingLevel.Note,
            ForgeFindingLevel.Warning => FindingLevel.Warning,
            _ => FindingLevel.Problem,
        },
        found.Text,
        found.Setting);
}

/// <summary>How bad a <see cref="Finding"/> is.</summary>
public enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Worth knowing.</summary>
    Note,

    /// <summary>Something will not work as people expect.</summary>
    Warning,

    /// <summary><c>serve</c> would stop, or nothing could work.</summary>
    Problem,
}
