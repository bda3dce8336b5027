using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Coverage;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.PublicApi;
using CodingAgent.Mcp.Setup;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// Runs a tree's checks so that they are measured, and reads what they built: which lines ran, and what others can use. What reads it are programs
/// of ours in the same sandbox, over the frozen results and apart from what the checks print.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="builds">Environments.</param>
/// <param name="programs">What reads.</param>
public sealed class TreeSurvey(TrustedGit git, RepositoryMirrors mirrors, RepositoryBuilds builds, SurveyPrograms programs)
{
    /// <summary>Looks at a tree.</summary>
    /// <param name="of">The tree, and how it is checked.</param>
    /// <param name="tell">Told the name of each check as it begins.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<TreeReading> ReadAsync(Subject of, Action<string> tell, CancellationToken cancellationToken)
    {
        var (request, environment) = await OpenAsync(of, cancellationToken);
        var plain = of.Policy.Checks.Select(c => new WorkspaceCheck(c.Name, c.Run) { Needs = c.Needs }).ToArray();
        await using var measured = RunnerOf([.. plain.Select(c => c with { Run = MeasuredRun.Of(c.Run) })], "m");
        await using var asWritten = RunnerOf(plain, "p");
        var (checks, coverage, surfaces) = (new List<CheckEvidence>(), new Dictionary<string, FileCoverage>(StringComparer.Ordinal), new List<ApiSurface>());
        foreach (var check in plain)
        {
            tell(check.Name);
            var (runner, run) = (measured, await measured.RunAsync(check with { Run = MeasuredRun.Of(check.Run) }, null, cancellationToken));
            // What is red only while it is measured says nothing.
            if (!run.Result.Succeeded || run.RedNeed is not null) (runner, run) = (asWritten, await asWritten.RunAsync(check, null, cancellationToken));
            checks.Add(WorkspaceActivities.Describe(check.Name, check.Run, run));
            if (!run.Result.Succeeded || run.RedNeed is not null) continue;
            if (runner == measured && CoverageReport.Read(await PrintedAsync(runner, Reader(check, programs.Coverage, "coverage"), cancellationToken)) is { } report)
                foreach (var (path, file) in report.Files) Add(coverage, path, file);
            if (ApiSurface.Read(await PrintedAsync(runner, Reader(check, programs.PublicApi, "surface"), cancellationToken)) is { } surface) surfaces.Add(surface);
        }

        // A check that builds nothing sees less of it.
        return new TreeReading(of.Tree, checks, new CoverageReport(coverage), surfaces.MaxBy(s => s.Entries.Count));

        CheckRunner RunnerOf(WorkspaceCheck[] own, string part) => new(
            git, request, environment,
            [.. own, .. own.SelectMany(c => new[] { Reader(c, programs.Coverage, "coverage"), Reader(c, programs.PublicApi, "surface") }).OfType<WorkspaceCheck>()], of.Key + part);
    }

    /// <summary>Which lines of a tree one line runs, whatever it ends with; empty where nothing can be measured.</summary>
    /// <param name="of">The tree, and how it is checked.</param>
    /// <param name="check">Name of the check that the line is a part of.</param>
    /// <param name="line">The line.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<CoverageReport> RunAsync(Subject of, string check, string line, CancellationToken cancellationToken)
    {
        if (programs.Coverage is null) return CoverageReport.None;
        var (request, environment) = await OpenAsync(of, cancellationToken);
        // What is red is seen by no other check: it ends well here, for nothing but its traces is asked.
        var measured = of.Policy.Checks.Select(c => new WorkspaceCheck(c.Name, c.Name == check ? $"(\n{MeasuredRun.Of(line)}\n)\ntrue" : c.Run) { Needs = c.Needs }).ToArray();
        var reader = Reader(measured.First(c => c.Name == check), programs.Coverage, "coverage")!;
        await using var runner = new CheckRunner(git, request, environment, [.. measured, reader], of.Key);
        return CoverageReport.Read(await PrintedAsync(runner, reader, cancellationToken)) ?? CoverageReport.None;
    }

    private async Task<(SetupRequest Request, BuildEnvironment Environment)> OpenAsync(Subject of, CancellationToken cancellationToken)
    {
        var (outside, _) = await mirrors.OutsideAsync(of.Repo, of.Mirror, of.BaseSha, of.Policy, of.Build, cancellationToken);
        var request = await builds.RequestAsync(of.Mirror, of.BaseSha, of.Tree, of.Policy, of.Build, outside, cancellationToken);
        return (request, (await builds.EnvironmentAsync(request, of.Policy, of.Plan, cancellationToken)).Environment);
    }

    private static async Task<string> PrintedAsync(CheckRunner runner, WorkspaceCheck? reader, CancellationToken cancellationToken)
    {
        if (reader is null) return "";
        var read = await runner.RunAsync(reader, null, cancellationToken);
        return read is { RedNeed: null, Result.Succeeded: true } ? read.Result.StandardOutput : "";
    }

    // No check that people or a repository name has a line end in its name.
    private static WorkspaceCheck? Reader(WorkspaceCheck check, SymbolProgram? program, string what) =>
        program is null ? null : new WorkspaceCheck($"{what}\n{check.Name}", "") { Needs = [check.Name], Reader = program };

    private static void Add(Dictionary<string, FileCoverage> all, string path, FileCoverage file)
    {
        if (!all.TryGetValue(path, out var known)) all[path] = known = new FileCoverage();
        foreach (var line in file.Covered) known.Add(line, hit: true);
        foreach (var line in file.Missed) known.Add(line, hit: false);
    }

    /// <summary>A tree to look at.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="Mirror">Its mirror, which holds the tree.</param>
    /// <param name="BaseSha">Commit that it is a change of.</param>
    /// <param name="Tree">The tree.</param>
    /// <param name="Policy">Policy with checks and limits.</param>
    /// <param name="Build">How the repository is built.</param>
    /// <param name="Key">Unique name of this look.</param>
    public sealed record Subject(RepoRef Repo, GitMirror Mirror, string BaseSha, string Tree, RepositoryPolicy Policy, RepositoryBuild Build, string Key)
    {
        /// <summary>Plan that says whose packages may be set up; null for the base's.</summary>
        public Plan? Plan { get; init; }
    }
}

/// <summary>What was found in a tree.</summary>
/// <param name="TreeId">The tree.</param>
/// <param name="Checks">What the checks said, measured where that made no difference.</param>
/// <param name="Coverage">Which lines they ran; empty where nothing could be measured.</param>
/// <param name="Api">What others can use; null where it could not be read.</param>
public sealed record TreeReading(string TreeId, IReadOnlyList<CheckEvidence> Checks, CoverageReport Coverage, ApiSurface? Api);

/// <summary>The programs that read trees.</summary>
/// <param name="Coverage">Prints which lines ran; null for none.</param>
/// <param name="PublicApi">Prints the public surface; null for none.</param>
public sealed record SurveyPrograms(SymbolProgram? Coverage, SymbolProgram? PublicApi)
{
    /// <summary>Nothing is read.</summary>
    public static SurveyPrograms None { get; } = new(null, null);
}
