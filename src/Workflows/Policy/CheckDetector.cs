namespace CodingAgent.Workflows.Policy;

/// <summary>Finds the checks of a repository whose policy names none, from the file names at its root on the base commit.</summary>
public static class CheckDetector
{
    /// <summary>The checks, or none when nothing is recognised (the tests gate then says what to write).</summary>
    public static IReadOnlyList<RepositoryPolicy.Check> Detect(IReadOnlyCollection<string> rootFiles)
    {
        bool Has(params string[] names) => rootFiles.Any(f => names.Contains(f, StringComparer.OrdinalIgnoreCase));
        bool HasSuffix(params string[] suffixes) => rootFiles.Any(f => suffixes.Any(s => f.EndsWith(s, StringComparison.OrdinalIgnoreCase)));

        if (HasSuffix(".sln", ".slnx", ".csproj", ".fsproj"))
            return [new("test", "dotnet test")];
        if (Has("Cargo.toml"))
            return [new("test", "cargo test --offline")];
        if (Has("go.mod"))
            return [new("test", "go test ./...")];
        if (Has("package.json"))
            return [new("test", "npm test")];
        if (Has("pyproject.toml", "pytest.ini", "setup.py", "tox.ini"))
            return [new("test", "python3 -m pytest")];
        return Has("Makefile") ? [new("test", "make test")] : [];
    }
}
