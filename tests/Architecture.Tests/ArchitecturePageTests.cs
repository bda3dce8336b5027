using System.Text.RegularExpressions;

namespace CodingAgent.Architecture.Tests;

/// <summary>A page that names files is worth reading for as long as they are there.</summary>
public sealed class ArchitecturePageTests
{
    [Fact]
    public void Page_FilesItNames_AreThere()
    {
        var source = Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(f => "/" + Path.GetRelativePath(RepositoryRoot.Path, f).Replace('\\', '/')).ToArray();
        var page = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "architecture.md"));
        var named = Regex.Matches(page, @"`([\w./]+\.cs)`").Select(m => m.Groups[1].Value).Distinct().ToArray();

        named.Length.ShouldBeGreaterThan(40);
        named.Where(n => !Array.Exists(source, s => s.EndsWith("/" + n, StringComparison.Ordinal))).ShouldBeEmpty();
    }
}
