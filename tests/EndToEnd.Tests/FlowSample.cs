using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>A small repository in one language, without packages, and the change that its issue wants.</summary>
/// <param name="Name">Repository.</param>
/// <param name="Issue">Title of its issue.</param>
/// <param name="Check">Line of its one check; empty where it is found.</param>
/// <param name="Patterns">Globs of its tests.</param>
/// <param name="Files">Path, content on the base, content of the change; either may be null.</param>
public sealed record FlowSample(string Name, string Issue, string Check, string Patterns, IReadOnlyList<ReferenceFile> Files)
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <UseAppHost>false</UseAppHost>
          </PropertyGroup>
        </Project>

        """;

    /// <summary>A sum that forgets its last item.</summary>
    public static FlowSample PythonDefect { get; } = new("py-defect", "The total leaves out the last item", "python3 -m unittest discover -s tests -t .", "tests/**",
    [
        new("shop/__init__.py", "", ""),
        new("shop/cart.py", "def total(prices):\n    \"\"\"Sum of all prices.\"\"\"\n    return sum(prices[:-1]) if len(prices) > 1 else sum(prices)\n",
            "def total(prices):\n    \"\"\"Sum of all prices.\"\"\"\n    return sum(prices)\n"),
        new("tests/__init__.py", "", ""),
        new("tests/test_cart.py", "import unittest\n\nfrom shop.cart import total\n\n\nclass CartTests(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(total([3]), 3)\n",
            "import unittest\n\nfrom shop.cart import total\n\n\nclass CartTests(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(total([3]), 3)\n\n    def test_two(self):\n        self.assertEqual(total([3, 4]), 7)\n"),
    ]);

    /// <summary>The same, with tests that are found and can be run by themselves; they need pytest.</summary>
    public static FlowSample PytestDefect { get; } = PythonDefect with
    {
        Name = "pytest-defect",
        Check = "",
        Files =
        [
            new("pytest.ini", "[pytest]\ntestpaths = tests\n", "[pytest]\ntestpaths = tests\n"),
            new("shop/other.py", "def other():\n    return 1\n", "def other():\n    return 1\n"),
            new("tests/test_other.py", "from shop.other import other\n\n\ndef test_other():\n    assert other() == 1\n", "from shop.other import other\n\n\ndef test_other():\n    assert other() == 1\n"),
            .. PythonDefect.Files,
        ],
    };

    /// <summary>A slug that keeps a trailing dash.</summary>
    public static FlowSample JavaScriptDefect { get; } = new("js-defect", "Slugs end with a dash", "node --test", "test/**",
    [
        new("package.json", "{ \"name\": \"slugs\", \"version\": \"1.0.0\", \"private\": true, \"type\": \"module\" }\n", "{ \"name\": \"slugs\", \"version\": \"1.0.0\", \"private\": true, \"type\": \"module\" }\n"),
        new("src/slug.js", "export const slug = text => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');\n", "export const slug = text => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/-$/, '');\n"),
        new("test/slug.test.js", "import test from 'node:test';\nimport assert from 'node:assert';\nimport { slug } from '../src/slug.js';\n\ntest('words', () => assert.equal(slug('a b'), 'a-b'));\n",
            "import test from 'node:test';\nimport assert from 'node:assert';\nimport { slug } from '../src/slug.js';\n\ntest('words', () => assert.equal(slug('a b'), 'a-b'));\ntest('no dash at the end', () => assert.equal(slug('a b!'), 'a-b'));\n"),
    ]);

    /// <summary>A rounding that goes the wrong way.</summary>
    public static FlowSample CSharpDefect { get; } = new("cs-defect", "Half a cent is rounded down", "dotnet run --project tests/Money.Tests", "tests/**",
    [
        new("src/Money/Money.csproj", Project, Project),
        new("src/Money/Money.cs", "namespace Shop;\n\npublic static class Money\n{\n    public static decimal Round(decimal amount) => Math.Round(amount, 2, MidpointRounding.ToZero);\n}\n",
            "namespace Shop;\n\npublic static class Money\n{\n    public static decimal Round(decimal amount) => Math.Round(amount, 2, MidpointRounding.AwayFromZero);\n}\n"),
        new("tests/Money.Tests/Money.Tests.csproj", TestProject, TestProject),
        new("tests/Money.Tests/Program.cs", "using Shop;\n\nvar red = 0;\nvoid Test(string name, decimal expected, decimal actual)\n{\n    if (expected == actual) return;\n    red++;\n    Console.WriteLine($\"not ok 1 - {name}: expected {expected}, got {actual}\");\n}\n\nTest(\"exact\", 1.25m, Money.Round(1.25m));\nreturn red;\n",
            "using Shop;\n\nvar red = 0;\nvoid Test(string name, decimal expected, decimal actual)\n{\n    if (expected == actual) return;\n    red++;\n    Console.WriteLine($\"not ok 1 - {name}: expected {expected}, got {actual}\");\n}\n\nTest(\"exact\", 1.25m, Money.Round(1.25m));\nTest(\"half a cent\", 1.26m, Money.Round(1.255m));\nreturn red;\n"),
    ]);

    /// <summary>What the scripted model plays.</summary>
    public ReferenceChange Change => new($"{Stage.Owner}/{Name}", Issue, [.. Files.Where(f => f.Before != f.After)]);

    private static string TestProject => Project
        .Replace("<UseAppHost>", "<OutputType>Exe</OutputType>\n    <UseAppHost>", StringComparison.Ordinal)
        .Replace("</Project>", "  <ItemGroup>\n    <ProjectReference Include=\"../../src/Money/Money.csproj\" />\n  </ItemGroup>\n</Project>", StringComparison.Ordinal);

    /// <summary>Writes the base.</summary>
    public void WriteTo(string folder)
    {
        var policy = $"version: 1\nplan: {{ approval: never }}\ntests: {{ patterns: [\"{Patterns}\"] }}\n{(Check.Length > 0 ? $"checks: [ {{ name: test, run: \"{Check}\" }} ]\n" : "setup: [ '/usr/bin/python3 -m venv --system-site-packages --without-pip \"$HOME/venv\"' ]\n")}ci: {{ required: false }}\n";
        foreach (var (path, text) in Files.Where(f => f.Before is not null).Select(f => (f.Path, f.Before!)).Append((".github/coding-agent.yml", policy)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            File.WriteAllText(Path.Combine(folder, path), text);
        }
    }
}
