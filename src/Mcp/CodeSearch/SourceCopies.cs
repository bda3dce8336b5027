using System.Buffers;
using System.Globalization;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>
/// Runs a program over copies of files in a sandbox without a network. The copies have names of ours, so that no name, link or settings file of a
/// repository means anything to it.
/// </summary>
/// <param name="sandbox">Where it runs.</param>
/// <param name="scratch">Folder for the copies.</param>
internal sealed class SourceCopies(ISandbox sandbox, string scratch)
{
    private const string Prefix = "symbols-";

    private static readonly TimeSpan Leftover = TimeSpan.FromHours(1);
    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+_");

    /// <summary>Runs it in a folder with the files alone, which it can only read.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">More arguments.</param>
    /// <param name="sources">The files.</param>
    /// <param name="limits">Limits.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="SandboxUnavailableException">Nothing runs here.</exception>
    public async Task<SandboxResult> RunAsync(SymbolProgram program, IEnumerable<string> arguments, IReadOnlyList<SourceText> sources, SandboxLimits limits, CancellationToken cancellationToken)
    {
        // Of a process that was killed meanwhile.
        foreach (var left in Directory.Exists(scratch) ? Directory.GetDirectories(scratch, Prefix + "*") : [])
        {
            if (Directory.GetCreationTimeUtc(left) < DateTime.UtcNow - Leftover) Directory.Delete(left, recursive: true);
        }

        var folder = Path.Combine(scratch, $"{Prefix}{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        try
        {
            for (var i = 0; i < sources.Count; i++)
            {
                var file = Path.Combine(folder, NameOf(i, sources[i].Name));
                await File.WriteAllBytesAsync(file, sources[i].Content, cancellationToken);
                PrivateFiles.Show(file);
            }

            PrivateFiles.Show(folder);
            return await sandbox.RunAsync(new SandboxCommand([.. program.Argv, .. arguments], folder, limits) { ReadOnlyWorkspace = true, Binds = program.Binds }, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The place in the list of a file that the program names; null when it is none of them.</summary>
    /// <param name="path">Path below the folder.</param>
    public static int? NumberOf(string path)
    {
        var name = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return int.TryParse(dot < 0 ? name : name[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    // The name tells the language by its ending; nothing else of it is kept.
    private static string NameOf(int number, string name)
    {
        var ending = Path.GetExtension(name) is { Length: > 1 and < 12 } e && e.AsSpan(1).IndexOfAnyExcept(Plain) < 0 ? e : "";
        return string.Create(CultureInfo.InvariantCulture, $"{number}{ending}");
    }
}
