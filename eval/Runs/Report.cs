using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace CodingAgent.Eval.Runs;

/// <summary>The results as a table for people and as JSON for programs.</summary>
internal static class Report
{
    private const int WordsShown = 160;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Prints the table, what was not as expected, and the total as the last line.</summary>
    public static void Print(IReadOnlyList<RepositoryResult> results)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("repository", "ecosystem", "files", "outcome", "plan", "PR", "all", "turns", "refused hosts", "words");
        foreach (var r in results)
        {
            table.AddRow(new[]
            {
                $"{(r.IsSkipped ? "–" : r.IsAsExpected ? "✓" : "✗")} {r.Name}", r.Ecosystem, r.Files.ToString(CultureInfo.InvariantCulture), r.Outcome,
                Seconds(r.ToPlan), Seconds(r.ToPull), Seconds(r.Total), r.Turns.ToString(CultureInfo.InvariantCulture), string.Join(' ', r.RefusedHosts), Short(r.Words),
            }.Select(Markup.Escape).ToArray());
        }

        // A table that is cut to a terminal's width is of no use in a log.
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        console.Profile.Width = Math.Max(console.Profile.Width, 220);
        console.Write(table);
        foreach (var r in results.Where(r => r.IsSkipped))
            Console.WriteLine($"skipped: {r.Name}: {r.Words}");
        foreach (var r in results.Where(r => !r.IsSkipped && !r.IsAsExpected))
            Console.WriteLine($"not as expected: {r.Name}: {r.Problem}");
        Total(results.Where(r => !r.IsSkipped).Select(r => r.IsAsExpected));
    }

    /// <summary>Prints the last line.</summary>
    public static void Total(IEnumerable<bool> asExpected)
    {
        var all = asExpected.ToArray();
        Console.WriteLine($"{all.Count(e => e)} as expected, {all.Count(e => !e)} not");
    }

    /// <summary>Writes the artifact.</summary>
    public static async Task WriteAsync(string file, DateTimeOffset at, IReadOnlyList<RepositoryResult> results, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { at, results }, Json) + "\n", ct);
    }

    private static string Seconds(TimeSpan? span) => span is { } s ? s.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) : "";

    private static string Short(string words) => words.ReplaceLineEndings(" ") is { Length: > WordsShown } longer ? longer[..WordsShown] + "…" : words.ReplaceLineEndings(" ");
}
