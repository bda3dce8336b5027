using System.Text.Json;

namespace CodingAgent.Architecture.Tests;

/// <summary>The projects each project resolves to, transitively, as restore wrote them to project.assets.json.</summary>
internal static class ProjectGraph
{
    public static IReadOnlyDictionary<string, IReadOnlySet<string>> Load(params string[] folders)
    {
        var graph = new SortedDictionary<string, IReadOnlySet<string>>(StringComparer.Ordinal);
        foreach (var project in folders.SelectMany(f => Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, f), "*.csproj", SearchOption.AllDirectories)))
        {
            var assets = Path.Combine(Path.GetDirectoryName(project)!, "obj", "project.assets.json");
            if (!File.Exists(assets))
                continue;
            using var json = JsonDocument.Parse(File.ReadAllText(assets));
            graph[Name(project)] = json.RootElement.GetProperty("libraries").EnumerateObject()
                .Where(l => l.Value.GetProperty("type").GetString() == "project")
                .Select(l => Name(l.Value.GetProperty("path").GetString()!))
                .ToHashSet(StringComparer.Ordinal);
        }

        return graph;
    }

    private static string Name(string projectFile) => Path.GetFileNameWithoutExtension(projectFile.Replace('\\', '/'));
}
