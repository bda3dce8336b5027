using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>Where a manifest says which version of a dependency a module wants. Outside text.</summary>
/// <param name="Ecosystem">As OSV calls it: <c>NuGet</c>, <c>npm</c>, <c>PyPI</c>, <c>Go</c>, <c>Maven</c>, <c>crates.io</c> or <c>GitHub Actions</c>.</param>
/// <param name="Name">Name, as the ecosystem compares it.</param>
/// <param name="Constraint">What is asked for, as it is written: <c>^1.2.3</c>.</param>
/// <param name="Path">Manifest, from the root.</param>
/// <param name="Section">The part of the manifest: <c>devDependencies</c>, <c>PackageVersion</c>, <c>property Serilog</c>.</param>
/// <param name="Start">Position of the constraint in the manifest's text, in characters.</param>
public sealed record Declaration(string Ecosystem, string Name, string Constraint, string Path, string Section, int Start)
{
    /// <summary>Line of the manifest, from 1.</summary>
    public int Line { get; init; } = 1;

    /// <summary>Why it is not for us to change, as half a sentence; null when it can be changed.</summary>
    public string? Fixed { get; init; }

    /// <summary>Other dependencies that the same place decides, and that move with it.</summary>
    public IReadOnlyList<string> Shares { get; init; } = [];

    /// <summary>The version label beside a pinned commit (GitHub Actions); empty for none.</summary>
    public string Label { get; init; } = "";

    /// <summary>The module: the folder of the manifest; the manifest itself where it stands at the root or many folders share it (central files, workflows, catalogs).</summary>
    public string Module => Ecosystem == "GitHub Actions" || Paths.Extension(Path) is ".props" or ".targets" or ".yaml" || Paths.Folder(Path).Length == 0 ? Path : Paths.Folder(Path);
}
