using CodingAgent.Workflows.Secrets;

namespace CodingAgent.Workflows.Gates;

/// <summary>Looks for credentials in added lines. Small on purpose: every rule must be worth a blocked change.</summary>
public static class SecretScanner
{
    /// <summary>Findings: where, and which rule. The value itself is never part of a finding.</summary>
    public static IReadOnlyList<string> Scan(IEnumerable<AddedLine> lines) =>
        [.. from line in lines let found = SecretShapes.Find(line.Text) where found is not null select $"{SecretShapes.Mask(line.Path)}:{line.Line} {found}"];

    /// <summary>Findings in names of files.</summary>
    public static IReadOnlyList<string> ScanNames(IEnumerable<string> paths) =>
        [.. from path in paths let found = SecretShapes.Find(path) where found is not null select $"the file name {SecretShapes.Mask(path)} {found}"];
}
