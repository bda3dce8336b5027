namespace CodingAgent.BotHost.Api;

/// <summary>Text from outside as part of one line that a terminal may print.</summary>
internal static class ApiText
{
    private const int LongestShown = 200;

    /// <summary>Without control characters and line breaks, and cut.</summary>
    public static string Shown(string text)
    {
        var visible = string.Concat(text.Take(LongestShown).Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));
        return text.Length > LongestShown ? visible + "…" : visible;
    }
}
