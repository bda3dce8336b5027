using System.Text;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Eval.Generation;

/// <summary>Reads the change between two trees as text, the way the model will play it.</summary>
internal static class ReferenceReader
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The files that differ.</summary>
    /// <exception cref="EvalException">The change holds what the tools cannot make: a binary file, a link, a submodule.</exception>
    public static async Task<IReadOnlyList<ReferenceFile>> ReadAsync(Git git, string from, string to, CancellationToken ct)
    {
        // :100644 100755 SHA SHA M NUL path NUL
        var fields = (await git.RunAsync(ct, "diff-tree", "-r", "-z", "--no-renames", from, to)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        var files = new List<ReferenceFile>();
        foreach (var pair in fields.Chunk(2))
        {
            var (about, path) = (pair[0].TrimStart(':').Split(' '), pair[1]);
            var (oldMode, newMode) = (about[0], about[1]);
            var before = await TextAsync(git, path, oldMode, about[2], ct);
            var after = await TextAsync(git, path, newMode, about[3], ct);
            files.Add(new ReferenceFile(path, before, after) { BecomesExecutable = newMode == "100755" && oldMode != newMode });
        }

        return files;
    }

    /// <summary>A file's text as a model would write it; null for bytes that are no text.</summary>
    public static string? Decode(byte[] bytes)
    {
        if (bytes.AsSpan().StartsWith(Encoding.Unicode.Preamble))
            return Encoding.Unicode.GetString(bytes.AsSpan(2));
        if (bytes.AsSpan().StartsWith(Encoding.BigEndianUnicode.Preamble))
            return Encoding.BigEndianUnicode.GetString(bytes.AsSpan(2));
        if (bytes.AsSpan().Contains((byte)0))
            return null;
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    private static async Task<string?> TextAsync(Git git, string path, string mode, string sha, CancellationToken ct) => mode switch
    {
        "000000" => null,
        "100644" or "100755" => Decode(await git.BlobAsync(sha, ct)) ?? throw new EvalException($"The patch changes the binary file {path}; the agent's tools edit text only."),
        _ => throw new EvalException($"The patch changes {path}, which is a symbolic link or a submodule; the agent's tools edit text only."),
    };
}
