namespace CodingAgent.Mcp.Coverage;

/// <summary>
/// Prints which lines of a folder tests ran, from the reports that a measured run left there (<see cref="MeasuredRun"/>). It is run as a program of
/// its own, in a sandbox.
/// </summary>
public static class CoverageProgram
{
    /// <summary>The verb of the command line.</summary>
    public const string Verb = "coverage-report";

    private const int MostReports = 500;

    /// <summary>Prints the lines by file, one JSON object a line.</summary>
    /// <param name="folder">Root of the tree.</param>
    /// <param name="output">Where to.</param>
    public static Task PrintAsync(string folder, TextWriter output)
    {
        var root = Path.GetFullPath(folder);
        var reports = new CoverageFormats(root);
        var place = Path.Combine(root, MeasuredRun.Folder);
        if (Directory.Exists(place) && new DirectoryInfo(place).LinkTarget is null)
        {
            var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 8, AttributesToSkip = FileAttributes.ReparsePoint };
            foreach (var file in Directory.EnumerateFiles(place, "*", options).Where(f => Path.GetExtension(f) is ".xml" or ".info" or ".json" or ".out").Order(StringComparer.Ordinal).Take(MostReports)) reports.Add(file);
        }

        return reports.Report.WriteAsync(output);
    }
}
