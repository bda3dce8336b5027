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

    /// <summary>The module: the folder of the manifest, or the manifest itself where many share a folder (central files, workflows).</summary>
    public string Module => Ecosystem == "NuGet" || Detection.Paths.Name(Path) is "package.json" or "pyproject.toml" or "go.mod" or "pom.xml" or "Cargo.toml"
        ? Detection.Paths.Folder(Path) is { Length: > 0 } folder && !Path.EndsWith(".props", StringComparison.OrdinalIgnoreCase) && !Path.EndsWith(".targets", StringComparison.OrdinalIgnoreCase) ? folder : Path
        : Path;
}
