namespace Temporalio.Tests.Surface;

/// <summary>The checked-in list of official signatures, with what we leave out and why; the file's head tells its form.</summary>
internal sealed class OfficialList
{
    private OfficialList()
    {
    }

    /// <summary>Types we offer, with our own shapes.</summary>
    public Dictionary<string, (string Shape, HashSet<string> Members)> Ours { get; } = [];

    /// <summary>Members and types we leave out, as "type: member" or "type".</summary>
    public HashSet<string> LeftOut { get; } = [];

    public HashSet<string> Reasons { get; } = [];

    public HashSet<string> UsedReasons { get; } = [];

    public static OfficialList Load()
    {
        using var resource = typeof(OfficialList).Assembly.GetManifestResourceStream("official.txt")!;
        using var reader = new StreamReader(resource);
        var list = new OfficialList();
        string? type = null;
        while (reader.ReadLine() is { } line)
        {
            switch (line[0])
            {
                case '#':
                    break;
                case '!':
                    list.Reasons.Add(line[2..line.IndexOf(':', StringComparison.Ordinal)]);
                    break;
                case '[':
                    type = null;
                    break;
                case ' ':
                    list.Ours[type!].Members.Add(line[2..]);
                    break;
                case '-' or '~':
                    var (reason, text) = Split(line[2..], ": ");
                    list.UsedReasons.Add(reason);
                    list.Note(type, line[0] == '~', text);
                    break;
                default:
                    (type, var shape) = Split(line, "|");
                    list.Ours.Add(type, (shape, []));
                    break;
            }
        }

        return list;
    }

    private static (string Before, string After) Split(string line, string mark)
    {
        var at = line.IndexOf(mark, StringComparison.Ordinal);
        return (line[..at], line[(at + mark.Length)..]);
    }

    private void Note(string? type, bool differs, string text)
    {
        if (!differs)
        {
            LeftOut.Add(type is null ? text : $"{type}: {text}");
        }
        else if (text.Contains(" => ", StringComparison.Ordinal))
        {
            Ours[type!].Members.Add(Split(text, " => ").After);
        }
        else
        {
            Ours[type!] = (text, Ours[type!].Members);
        }
    }
}
