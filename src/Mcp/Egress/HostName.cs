using System.Buffers;
using System.Globalization;

namespace CodingAgent.Mcp.Egress;

/// <summary>
/// Host names in one spelling, so that what is compared is what is resolved. Whatever has a second reading somewhere (an address in any
/// notation, an escape, a NUL) is no host name here.
/// </summary>
public static class HostName
{
    private const int LongestName = 253;
    private const int LongestLabel = 63;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>
    /// The name in small letters, in ASCII (IDNA) and without the root's dot; null when it is not the name of a host. A last label that is a
    /// number makes it an IPv4 address to many resolvers (WHATWG URL, "ends in a number": 127.1, 0x7f.1, 2130706433).
    /// </summary>
    public static string? Normalize(string text)
    {
        var name = text;
        if (!name.All(char.IsAscii))
        {
            try
            {
                name = new IdnMapping { UseStd3AsciiRules = true }.GetAscii(name);
            }
            catch (ArgumentException)
            {
                return null;
            }
        }

        name = name.ToLowerInvariant();
        if (name.EndsWith('.')) name = name[..^1];
        if (name.Length is 0 or > LongestName) return null;
        var labels = name.Split('.');
        return labels.All(IsLabel) && !IsNumber(labels[^1]) ? name : null;
    }

    // Underscores are no part of host names, yet some private hosts have them.
    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= LongestLabel && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static bool IsNumber(string label) =>
        label.All(char.IsAsciiDigit) || (label.StartsWith("0x", StringComparison.Ordinal) && label.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0);
}
