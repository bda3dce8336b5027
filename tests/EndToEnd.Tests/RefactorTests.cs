using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>A refactoring through the running service: in three languages, and with what breaks its guarantees.</summary>
public sealed class RefactorTests(RefactorTests.Service service) : IClassFixture<RefactorTests.Service>
{
    private static readonly Sample Python = new(
        "python3 -m unittest discover -s tests -t .",
        ("src/__init__.py", "", ""),
        ("src/price.py", "def total(items):\n    result = 0\n    for item in items:\n        result = result + item\n    return result\n", "def total(items):\n    return sum(items)\n"),
        ("tests/__init__.py", "", ""),
        ("tests/test_price.py", "import unittest\nfrom src.price import total\n\n\nclass PriceTest(unittest.TestCase):\n    def test_total(self):\n        self.assertEqual(6, total([1, 2, 3]))\n", null),
        ("tests/test_price_empty.py", null, "import unittest\nfrom src.price import total\n\n\nclass EmptyTest(unittest.TestCase):\n    def test_empty(self):\n        self.assertEqual(0, total([]))\n"));

    private static readonly Sample JavaScript = new(
        "node --test tests/",
        ("src/price.js", "function total(items) {\n  let result = 0;\n  for (const item of items) {\n    result = result + item;\n  }\n  return result;\n}\nmodule.exports = { total };\n", "function total(items) {\n  return items.reduce((sum, item) => sum + item, 0);\n}\nmodule.exports = { total };\n"),
        ("tests/price.test.js", "const { test } = require('node:test');\nconst assert = require('node:assert');\nconst { total } = require('../src/price.js');\ntest('total', () => assert.equal(total([1, 2, 3]), 6));\n", null),
        ("tests/empty.test.js", null, "const { test } = require('node:test');\nconst assert = require('node:assert');\nconst { total } = require('../src/price.js');\ntest('empty', () => assert.equal(total([]), 0));\n"));

    private static readonly Sample CSharp = new(
        "dotnet run --project tests/Lib.Tests/Lib.Tests.csproj",
        ("src/Lib/Lib.csproj", Project("Library", ""), null),
        ("src/Lib/Price.cs", "namespace Lib;\npublic static class Price\n{\n    public static int Total(int[] items)\n    {\n        var result = 0;\n        foreach (var item in items) result += item;\n        return result;\n    }\n}\n", "using System.Linq;\n\nnamespace Lib;\npublic static class Price\n{\n    public static int Total(int[] items) => items.Sum();\n}\n"),
        ("tests/Lib.Tests/Lib.Tests.csproj", Project("Exe", "<ItemGroup><ProjectReference Include=\"../../src/Lib/Lib.csproj\" /></ItemGroup>"), null),
        ("tests/Lib.Tests/Program.cs", "return Lib.Price.Total(new[] { 1, 2, 3 }) == 6 ? 0 : 1;\n", "return Lib.Price.Total(new[] { 1, 2, 3 }) == 6 && Lib.Price.Total(new int[0]) == 0 ? 0 : 1;\n"));

    // What others can use comes with it; nothing in the plan says so.
    private static readonly Sample Breach = Python with
    {
        Files = [.. Python.Files.Select(f => f.Path == "src/price.py" ? (f.Path, f.Before, (string?)"def add(a, b):\n    return a + b\n\n\ndef total(items):\n    return sum(items)\n") : f)],
    };

    [Fact]
    [Trait("Category", "Long")]
    public Task Python_Refactored_IsProvedAndPublished() => IsPublishedAsync("refactor-python", Python, "Before the change tests ran 4 of the 4 lines", "The public surface is the same");

    [Fact]
    public Task JavaScript_Refactored_IsProvedAndPublished() => IsPublishedAsync("refactor-node", JavaScript, "Before the change tests ran", "The public surface is the same");

    [Fact]
    [Trait("Category", "Long")]
    public Task CSharp_Refactored_IsProvedAndPublished() => IsPublishedAsync("refactor-csharp", CSharp, "The public surface is the same: 2 declarations");

    [Fact]
    public async Task Refactoring_ThatAddsToThePublicSurface_WaitsForAPersonWithTheLines()
    {
        var repository = await OpenAsync("refactor-breach", Breach);
        var issue = await repository.OpenIssueAsync("agent:refactor");

        var question = await repository.CommentAsync(issue, "(version 2)");
        question.ShouldContain("changes the public surface beyond the plan: + def add(a, b)");
        (await repository.PullsAsync()).ShouldBeEmpty();

        await repository.SayAsync(issue, "/agent approve");
        (await BodyAsync(repository, await repository.PullAsync())).ShouldContain("As a person agreed: src/price.py changes the public surface beyond the plan");
    }

    private async Task IsPublishedAsync(string name, Sample sample, params string[] shown)
    {
        var repository = await OpenAsync(name, sample);
        var issue = await repository.OpenIssueAsync("agent:refactor");

        // A compiler runs for each look at a tree.
        var pull = await repository.PullAsync(TimeSpan.FromMinutes(12));
        var body = await BodyAsync(repository, pull);

        body.ShouldContain("the tests of this change on the code as it was");
        body.ShouldContain("the tests as they were on the new code");
        body.ShouldContain("2 commits; the checks ran on each of them by itself");
        (await repository.Ada.GetAsync($"pulls/{pull}/commits", default)).AsArray().Select(c => c!["commit"]!["message"]!.GetValue<string>().Split('\n')[0])
            .ShouldBe(["test: what the code does today", "refactor: Simplify the total"]);
        foreach (var words in shown) body.ShouldContain(words);
        (await repository.StatusAsync(issue, "Measure the base")).ShouldContain("public declaration");
    }

    private static async Task<string> BodyAsync(TestRepository repository, int pull) => (await repository.Ada.GetAsync($"pulls/{pull}", default))["body"]!.GetValue<string>();

    private Task<TestRepository> OpenAsync(string name, Sample sample) => service.OpenRepositoryAsync(
        name,
        [
            .. sample.Files.Where(f => f.Before is not null).Select(f => (f.Path, f.Before!)),
            (".github/coding-agent.yml", TestRepository.PolicyWithoutApproval.Replace("run: sh tests/run.sh", $"run: {sample.Check}", StringComparison.Ordinal) + "setup: []\n"),
        ]);

    private static string Project(string output, string items) =>
        $"<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>{output}</OutputType><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><UseAppHost>false</UseAppHost></PropertyGroup>{items}</Project>\n";

    /// <summary>A repository before and after.</summary>
    /// <param name="Check">Its check.</param>
    /// <param name="Files">Its files; without an after they stay.</param>
    private sealed record Sample(string Check, params (string Path, string? Before, string? After)[] Files)
    {
        public ReferenceChange Change(string name) => new(
            $"{Stage.Owner}/{name}", "Simplify the total", [.. Files.Where(f => f.After is not null && f.After != f.Before).Select(f => new ReferenceFile(f.Path, f.Before, f.After))]);
    }

    /// <summary>A service whose model knows the changes.</summary>
    public sealed class Service : ServiceUnderTest
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<ReferenceChange> References =>
            [Python.Change("refactor-python"), JavaScript.Change("refactor-node"), CSharp.Change("refactor-csharp"), Breach.Change("refactor-breach")];
    }
}
