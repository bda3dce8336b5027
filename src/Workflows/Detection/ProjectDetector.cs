namespace CodingAgent.Workflows.Detection;

/// <summary>
/// Finds how a repository is set up and checked: from what its CI runs where that can be run here, else from its manifests by the
/// habits of its ecosystems. Pure and total: any tree and any text give an answer, with notes on what could not be read.
/// </summary>
public static class ProjectDetector
{
    /// <summary>Looks at a tree.</summary>
    /// <param name="files">All files of the tree; links and submodules left out.</param>
    /// <param name="read">Text of a file of the tree; null when it is no text or too large.</param>
    /// <param name="available">Programs there are.</param>
    public static ProjectDetection Detect(IReadOnlyList<DetectedFile> files, Func<string, string?> read, ToolchainNames available)
    {
        var view = new RepositoryView(files, read);
        var notes = new List<string>();
        var ci = CiFiles.Read(view, notes);
        var found = new DetectionBuilder(view, ci.Commands, available);
        notes.ForEach(found.Note);
        DotNetProjects.Detect(found);
        NodeProjects.Detect(found);
        PythonProjects.Detect(found);
        GoModules.Detect(found);
        CargoProjects.Detect(found);
        JvmProjects.Detect(found);
        RubyProjects.Detect(found);
        PhpProjects.Detect(found);
        NativeProjects.Detect(found);
        ShellTests.Detect(found);
        return found.Build() with { CiLfs = ci.Lfs, CiSubmodules = ci.Submodules };
    }
}
