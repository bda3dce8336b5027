using System.Runtime.CompilerServices;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.Workflows.Tests.Secrets;

/// <summary>The guide lists what the scanner knows; <c>UPDATE_SNAPSHOTS=1</c> writes the list anew.</summary>
public sealed class SecretGuideTests
{
    private const string Head = "| rule | finds |\n|---|---|\n";

    [Fact]
    public void Guide_ListsEveryRule()
    {
        var file = Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "..", "docs", "guide", "secrets.md");
        var guide = File.ReadAllText(file);
        var at = guide.IndexOf(Head, StringComparison.Ordinal) + Head.Length;
        var list = string.Concat(SecretShapes.Rules.Select(r => $"| `{r.Id}` | {r.Finds} |\n"));
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            File.WriteAllText(file, guide = guide[..at] + list);
        guide[at..].ShouldBe(list);
    }

    [Fact]
    public void Rules_HaveNamesOfTheirOwn_ThatThePolicyTakes()
    {
        SecretShapes.Rules.Select(r => r.Id).ShouldBeUnique();
        SecretShapes.Rules.ShouldAllBe(r => r.Id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'));
        SecretShapes.Rules.Count.ShouldBeGreaterThan(100);
    }

    private static string Here([CallerFilePath] string file = "") => file;
}
