using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Detection;

/// <summary>What the contents of a change say that its paths do not.</summary>
public static partial class ChangedContent
{
    /// <summary>The project files that decide whether the product compiles a file: those in the nearest folder above it that has any.</summary>
    /// <param name="path">A file of C#, F# or Visual Basic.</param>
    /// <param name="projects">Paths of all project files.</param>
    public static IReadOnlyList<string> ProjectsOver(string path, IReadOnlyCollection<string> projects)
    {
        for (var folder = Paths.Folder(path); ; folder = Paths.Folder(folder))
        {
            var here = projects.Where(p => Paths.Folder(p) == folder).ToArray();
            if (here.Length > 0 || folder.Length == 0)
                return here;
        }
    }

    /// <summary>True for a project of tests, by its packages, its own word, or its name.</summary>
    /// <param name="path">Path of the project file.</param>
    /// <param name="text">Its content.</param>
    public static bool IsTestProject(string path, string text) => DotNetProjects.IsTest(new RepositoryView([new DetectedFile(path, "", text.Length)], _ => text), path);

    /// <summary>True for a file whose compiler takes all files of its project's folder.</summary>
    public static bool IsCompiledByProject(string path) => path.EndsWith(".cs", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".fs", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".vb", StringComparison.OrdinalIgnoreCase);

    /// <summary>True for a path whose content may be a cluster's manifest.</summary>
    public static bool MayBeClusterManifest(string path) => path.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);

    /// <summary>True for a manifest of Kubernetes, in whatever folder it lies.</summary>
    public static bool IsClusterManifest(string text) => ApiVersion().IsMatch(text) && Kind().IsMatch(text);

    [GeneratedRegex(@"^apiVersion:\s*\S", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex ApiVersion();

    [GeneratedRegex(@"^kind:\s*\S", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Kind();
}
