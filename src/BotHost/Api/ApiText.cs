using CodingAgent.Mcp.Texts;

namespace CodingAgent.BotHost.Api;

/// <summary>Text from outside as part of one line that a terminal may print.</summary>
internal static class ApiText
{
    private const int LongestShown = 200;

    /// <summary>Without control characters, line breaks and what nobody sees, and cut.</summary>
    public static string Shown(string text) =>
        string.Concat(TextCut.Head(text, LongestShown, "…").EnumerateRunes().Select(r => r.Value is '\n' or '\t' || Invisible.Is(r) ? " " : r.ToString()));
}
