using System.Text;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>
/// Cuts a file into pieces of a size that embedding models take, at definitions where it can. Pure: the same file gives the same pieces.
/// </summary>
internal static class CodeChunks
{
    /// <summary>Characters of a piece at most: about 450 tokens, and the smallest models take 512.</summary>
    public const int Longest = 1_500;

    // A piece of a few lines says little by itself; so small definitions share one.
    private const int Shortest = 500;

    // What is longer than that is data, or generated.
    private const int MostOfAFile = 60;

    /// <summary>The pieces, by line.</summary>
    /// <param name="text">The file.</param>
    /// <param name="symbols">Its definitions.</param>
    public static IReadOnlyList<CodeChunk> Of(string text, IReadOnlyList<CodeSymbol> symbols)
    {
        var begins = symbols.Select(s => s.Line).ToHashSet();
        var chunks = new List<CodeChunk>();
        var part = new StringBuilder();
        var (first, number) = (1, 0);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var cut = line[..Math.Min(line.Length, Longest / 2)];
            if (part.Length > 0 && (part.Length + cut.Length > Longest || (part.Length >= Shortest && begins.Contains(number)))) End(number - 1);
            if (chunks.Count == MostOfAFile) return chunks;
            part.Append(cut).Append('\n');
        }

        End(text.EndsWith('\n') ? number - 1 : number);
        return chunks;

        void End(int last)
        {
            var said = part.ToString();
            part.Clear();
            // What a piece lies in is not said in it.
            var within = symbols.LastOrDefault(s => s.Line < first && last <= s.LastLine)?.Words;
            if (!string.IsNullOrWhiteSpace(said)) chunks.Add(new CodeChunk(new LineRange(first, last), within is null ? said : $"in {within}\n{said}"));
            first = last + 1;
        }
    }
}

/// <summary>A piece of a file.</summary>
/// <param name="Lines">Its lines.</param>
/// <param name="Text">What a model is shown of it.</param>
internal sealed record CodeChunk(LineRange Lines, string Text);
