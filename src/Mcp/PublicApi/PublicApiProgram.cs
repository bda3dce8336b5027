namespace CodingAgent.Mcp.PublicApi;

/// <summary>
/// Prints the public surface of a folder: of the assemblies that a build made there, and of the sources of other languages. It is run as a
/// program of its own, in a sandbox: nothing of a repository is parsed in the service's process.
/// </summary>
public static class PublicApiProgram
{
    /// <summary>The verb of the command line.</summary>
    public const string Verb = "public-api";

    private const int MostFiles = 5_000;

    // What builds, package managers and version control leave beside sources.
    private static readonly HashSet<string> Foreign = new(["node_modules", "bin", "obj", "target", "dist", "build", "out", "vendor", "third_party", "site-packages", "__pycache__", "coverage"], StringComparer.Ordinal);

    /// <summary>Prints the surface, one JSON object a line.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="output">Where to.</param>
    public static async Task PrintAsync(string folder, TextWriter output)
    {
        var (assemblies, sources) = (new List<string>(), new List<string>());
        var hasProjects = false;
        var folders = new Stack<string>([folder]);
        while (folders.TryPop(out var next))
        {
            // A link could lead around, or out.
            foreach (var entry in new DirectoryInfo(next).EnumerateFileSystemInfos().Where(e => e.LinkTarget is null).OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                var path = Path.GetRelativePath(folder, entry.FullName);
                if (entry is DirectoryInfo)
                {
                    if (!entry.Name.StartsWith('.') && (!Foreign.Contains(entry.Name) || entry.Name == "obj" || path == "artifacts")) folders.Push(entry.FullName);
                    continue;
                }

                hasProjects |= entry.Extension is ".csproj" or ".fsproj" or ".vbproj";
                if (entry.Extension == ".dll" && IsOwnAssembly(path)) assemblies.Add(entry.FullName);
                else if (SourceSurface.Knows(path) && !$"/{path}".Contains("/obj/", StringComparison.Ordinal)) sources.Add(path);
            }
        }

        List<string> notes = [];
        if (sources.Count > MostFiles) notes.Add($"Of {sources.Count} source files the first {MostFiles} were read.");
        if (hasProjects && assemblies.Count == 0) notes.Add("No compiled assembly was found below an obj folder: the surface of .NET projects is not known.");
        var ofAssemblies = AssemblySurface.Of(folder, [.. assemblies.Order(StringComparer.Ordinal)]);
        var ofSources = await SourceSurface.OfAsync(folder, [.. sources.Order(StringComparer.Ordinal).Take(MostFiles)]);
        await new ApiSurface([.. ofAssemblies.Entries, .. ofSources.Entries], [.. notes, .. ofAssemblies.Notes, .. ofSources.Notes]).WriteAsync(output);
    }

    // What the compiler itself wrote lies below obj; bin holds others' too, and ref and refint hold the same once more.
    private static bool IsOwnAssembly(string path) =>
        path.Split('/') is var parts && Array.IndexOf(parts, "obj") is >= 0 and var at && at < parts.Length - 1 && parts[^2] is not ("ref" or "refint" or "apphost") && !parts[^1].EndsWith(".resources.dll", StringComparison.Ordinal);
}
