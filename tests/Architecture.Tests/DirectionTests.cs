namespace CodingAgent.Architecture.Tests;

/// <summary>The direction of references. A new arrow is a decision: change the table here and CONTRIBUTING.md together.</summary>
public sealed class DirectionTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["TemporalServer"] = [],
        ["Mcp"] = [],
        ["Agents"] = ["Mcp"],
        ["Forges"] = [],
        ["Workflows"] = ["Agents", "Mcp", "Forges"],
        ["Storage"] = ["Workflows", "Agents", "Mcp", "Forges"],
        ["BotHost"] = ["Workflows", "Storage", "Agents", "Mcp", "Forges", "TemporalServer"],
    };

    [Fact]
    public void ProductAndLib_ResolvedGraph_PointsOnlyForward()
    {
        var graph = ProjectGraph.Load("src", "lib");

        graph.Keys.ShouldBe(Allowed.Keys.Order(StringComparer.Ordinal), "every project under src/ and lib/ has its row, and was restored");
        foreach (var (project, references) in graph)
            references.Except(Allowed[project]).ShouldBeEmpty($"{project} must not reference these");
    }

    [Fact]
    public void Playground_IsReferencedBy_TestsOnly()
    {
        var playground = ProjectGraph.Load("playground").Keys.ToHashSet();

        playground.ShouldNotBeEmpty();
        foreach (var (project, references) in ProjectGraph.Load("src", "lib", "bench"))
            references.Intersect(playground).ShouldBeEmpty($"{project} must not know the playground");
    }

    /// <summary>The SDK's own environments download a server; ours has other names, and inherits those.</summary>
    [Fact]
    public void Sources_StartNoServerThatIsDownloaded()
    {
        string[] folders = ["src", "lib", "playground", "tests", "bench"];
        var files = folders.SelectMany(f => Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, f), "*.cs", SearchOption.AllDirectories));
        string[] banned = [$"Environment.{"Start"}LocalAsync", $"Environment.{"Start"}TimeSkippingAsync"];
        files.Where(f => banned.Any(File.ReadAllText(f).Contains)).ShouldBeEmpty();
    }

    [Fact]
    public void Solution_ListsEveryProject_OnDisk()
    {
        var solution = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "CodingAgent.sln")).Replace('\\', '/');
        string[] folders = ["src", "lib", "playground", "tests", "bench"];
        var projects = folders.SelectMany(f => Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, f), "*.csproj", SearchOption.AllDirectories))
            .Select(p => Path.GetRelativePath(RepositoryRoot.Path, p).Replace('\\', '/'))
            .Where(p => !p.Contains("/bin/", StringComparison.Ordinal) && !p.StartsWith("playground/Demo/Sample/", StringComparison.Ordinal));

        foreach (var project in projects)
            solution.ShouldContain($"\"{project}\"");
    }
}
