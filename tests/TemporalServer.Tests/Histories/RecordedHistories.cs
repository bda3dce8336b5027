using System.Runtime.CompilerServices;
using Temporalio.Common;

namespace TemporalServer.Tests.Histories;

/// <summary>Histories recorded by real servers. They are not part of the repository; without them the tests that read them are skipped.</summary>
internal static class RecordedHistories
{
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("TEMPORAL_HISTORIES") ?? Path.GetFullPath(Path.Combine(Root(), "..", "shared", "histories"));

    /// <summary>Why the tests that need them cannot run; null when they can.</summary>
    public static string? WhyAbsent { get; } =
        Directory.Exists(Folder) ? null : $"No recorded histories at {Folder}; set TEMPORAL_HISTORIES to their folder.";

    public static WorkflowHistory Load(string name) => WorkflowHistory.FromJson("replayed", File.ReadAllText(Path.Combine(Folder, name + ".json")));

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
