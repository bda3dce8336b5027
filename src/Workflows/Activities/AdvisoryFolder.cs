using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Activities;

/// <summary>Reads an operator's folder of advisories (OSV files) and release dates, once; a newer copy counts from the next start.</summary>
public static class AdvisoryFolder
{
    private const long LargestFile = 64 << 20;
    private const int MostFiles = 500_000;

    /// <summary>Reads all <c>.json</c> files in and below a folder. What is none of these is passed over.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static Advisories Read(string folder)
    {
        var advisories = new Advisories();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*.json", SearchOption.AllDirectories).Where(f => f.Length <= LargestFile).Take(MostFiles))
            advisories.Add(File.ReadAllText(file.FullName));
        return advisories;
    }
}
