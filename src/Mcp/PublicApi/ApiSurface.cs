using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Mcp.PublicApi;

/// <summary>The public surface of a tree.</summary>
/// <param name="Entries">All of it, by unit and id.</param>
/// <param name="Notes">What could not be read, a sentence each.</param>
public sealed record ApiSurface(IReadOnlyList<ApiEntry> Entries, IReadOnlyList<string> Notes)
{
    private const int MostEntries = 50_000;
    private const int MostNotes = 20;

    /// <summary>Writes one JSON object a line, and at last how many there were: who reads knows whether a line was lost.</summary>
    /// <param name="output">Where to.</param>
    public async Task WriteAsync(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var entries = Entries.Select(e => e.Bounded()).Distinct().OrderBy(e => e.Unit, StringComparer.Ordinal).ThenBy(e => e.Id, StringComparer.Ordinal).ThenBy(e => e.Text, StringComparer.Ordinal).ToArray();
        foreach (var entry in entries.Take(MostEntries)) await output.WriteLineAsync(JsonSerializer.Serialize(entry));
        var notes = Notes.Distinct(StringComparer.Ordinal).Take(MostNotes).ToArray();
        await output.WriteLineAsync(JsonSerializer.Serialize(new Tail(Math.Min(entries.Length, MostEntries), entries.Length > MostEntries ? [$"Of {entries.Length} public declarations the first {MostEntries} were read.", .. notes] : notes)));
    }

    /// <summary>Reads what <see cref="WriteAsync"/> wrote; null for anything else, and for a part of it.</summary>
    /// <param name="text">The lines.</param>
    public static ApiSurface? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (lines.Length == 0 || JsonSerializer.Deserialize<Tail>(lines[^1]) is not { Notes: not null } tail || tail.Count != lines.Length - 1) return null;
            var entries = lines[..^1].Select(l => JsonSerializer.Deserialize<ApiEntry>(l)).ToArray();
            return entries.All(e => e is { Unit: not null, Id: not null, Text: not null }) ? new ApiSurface([.. entries.Select(e => e!.Bounded())], [.. tail.Notes.Take(MostNotes).Select(n => TextCut.Head(n, 300))]) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Tail([property: System.Text.Json.Serialization.JsonRequired] int Count, IReadOnlyList<string> Notes);
}

/// <summary>Something that others can use of a library, on one line.</summary>
/// <param name="Unit">What it is part of: an assembly with its target framework, or a source file.</param>
/// <param name="Id">What stays the same while its declaration changes; unique within the unit.</param>
/// <param name="Text">Its declaration in a fixed form.</param>
public sealed record ApiEntry(string Unit, string Id, string Text)
{
    private const int LongestText = 1_000;

    /// <summary>Names beyond it are no person's.</summary>
    private const int LongestName = 600;

    /// <summary>Whoever implements or derives has to provide it: a new one breaks them.</summary>
    public bool Obliges { get; init; }

    /// <summary>The same with every text on one line and bounded; what is cut is told by a digest, so that a difference beyond the cut is one.</summary>
    public ApiEntry Bounded() => this with { Unit = Short(Unit, LongestName), Id = Short(Id, LongestName), Text = Short(Text, LongestText) };

    private static string Short(string text, int longest)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= longest ? line : $"{TextCut.Head(line, longest)}…{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)))[..16]}";
    }
}
