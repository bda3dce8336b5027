using System.Text.Json;
using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Tests.Detection;

/// <summary>Which tests a change touches.</summary>
public sealed class TargetedTests
{
    [Theory]
    [InlineData("src/Core/A.cs", null)] // Both test projects reach it.
    [InlineData("src/Web/B.cs", "dotnet test tests/Web.Tests/Web.Tests.csproj")]
    [InlineData("tests/Core.Tests/T.cs", "dotnet test tests/Core.Tests/Core.Tests.csproj")]
    [InlineData("src/Web/B.cs README.md", "dotnet test tests/Web.Tests/Web.Tests.csproj")]
    [InlineData("Directory.Build.props", null)]
    [InlineData("README.md", null)]
    public void DotNet_ByReferences(string changed, string? expected)
    {
        static string Project(string package, params string[] references) =>
            $"<Project Sdk=\"Microsoft.NET.Sdk\"><ItemGroup>{package}{string.Concat(references.Select(r => $"<ProjectReference Include=\"{r}\" />"))}</ItemGroup></Project>";
        const string Xunit = "<PackageReference Include=\"xunit\" />";
        Targeted(
            new Layout
            {
                ["src/Core/Core.csproj"] = Project(""),
                ["src/Web/Web.csproj"] = Project("", "..\\Core\\Core.csproj"),
                ["tests/Core.Tests/Core.Tests.csproj"] = Project(Xunit, "../../src/Core/Core.csproj"),
                ["tests/Web.Tests/Web.Tests.csproj"] = Project(Xunit, "..\\..\\src\\Web\\Web.csproj"),
            },
            changed).ShouldBe(expected);
    }

    [Theory]
    [InlineData("packages/a/src/x.ts", "npm run test --workspace=a")]
    [InlineData("packages/a/x.ts packages/b/y.ts", null)]
    [InlineData("package.json", null)]
    public void Npm_ByWorkspace(string changed, string? expected) => Targeted(
        new Layout
        {
            ["package.json"] = "{\"workspaces\":[\"packages/*\"],\"scripts\":{\"test\":\"turbo test\"}}",
            ["packages/a/package.json"] = "{\"name\":\"a\",\"scripts\":{\"test\":\"jest\"}}",
            ["packages/b/package.json"] = "{\"name\":\"b\",\"scripts\":{\"test\":\"jest\"}}",
        },
        changed).ShouldBe(expected);

    [Theory]
    [InlineData("src/a.ts", "set -- $(ls -d src/a.ts 2>/dev/null); if [ $# -gt 0 ]; then npx jest --findRelatedTests --passWithNoTests \"$@\"; else npm test; fi")]
    [InlineData("jest.config.js", null)]
    [InlineData("src/a b.ts", null)]
    [InlineData("src/$(id).ts", null)]
    public void Jest_ByRelatedFiles(string changed, string? expected) =>
        Targeted(new Layout { ["package.json"] = "{\"scripts\":{\"test\":\"jest\"},\"devDependencies\":{\"jest\":\"1\"}}" }, [changed]).ShouldBe(expected);

    [Fact]
    public void Pytest_ByTestFilesAndThoseThatNameTheModule() => Targeted(Python, "pkg/money.py", "pkg/__init__.py", "tests/test_x.py").ShouldBe(
        "set -- $(ls -d tests/test_x.py 2>/dev/null; grep -rlwE --include='test_*.py' --include='*_test.py' --exclude-dir=node_modules --exclude-dir='.*' 'money|pkg' *); "
        + "if [ $# -gt 0 ]; then . \"$HOME/venv/bin/activate\" && python -m pytest \"$@\"; else . \"$HOME/venv/bin/activate\" && python -m pytest; fi");

    [Theory]
    [InlineData("conftest.py")]
    [InlineData("pyproject.toml")]
    [InlineData("pkg/data.json")]
    [InlineData("pkg/a;id.py")]
    public void Pytest_WhatTouchesAll_RunsAll(string changed) => Targeted(Python, [changed]).ShouldBeNull();

    [Theory]
    [InlineData("pkg/a/x.go", "go test ./pkg/a/...")]
    [InlineData("pkg/a/testdata/x.json", "go test ./pkg/a/...")]
    [InlineData("main.go", null)]
    [InlineData("go.mod", null)]
    public void Go_ByPackage(string changed, string? expected) => Targeted(new Layout { ["go.mod"] = "module x", ["main.go"] = "", ["pkg/a/x_test.go"] = "" }, changed).ShouldBe(expected);

    [Theory]
    [InlineData("a/src/lib.rs", "cargo test --offline --package=a --package=b")] // b depends on a
    [InlineData("b/src/lib.rs", "cargo test --offline --package=b")]
    [InlineData("Cargo.lock", null)]
    public void Cargo_ByMemberAndWhatDependsOnIt(string changed, string? expected) => Targeted(
        new Layout
        {
            ["Cargo.toml"] = "[workspace]\nmembers=['*']\n",
            ["a/Cargo.toml"] = "[package]\nname='a'\n",
            ["b/Cargo.toml"] = "[package]\nname='b'\n[dependencies]\na={path='../a'}\n",
            ["c/Cargo.toml"] = "[package]\nname='c'\n",
        },
        changed).ShouldBe(expected);

    [Fact]
    public void Rspec_ByName() => Targeted(new Layout { ["Gemfile"] = "gem 'rspec'", ["spec/models/a_spec.rb"] = "" }, "app/models/a.rb", "spec/b_spec.rb").ShouldBe(
        "set -- $(find . -path ./vendor -prune -o -name 'a_spec.rb' -print -o -name 'b_spec.rb' -print); "
        + "if [ $# -gt 0 ]; then BUNDLE_PATH=\"$HOME/bundle\" bundle exec rspec \"$@\"; else BUNDLE_PATH=\"$HOME/bundle\" bundle exec rspec; fi");

    [Fact]
    public void Detection_AsJson_ComesBackWhole()
    {
        var found = Python.Detect();
        var again = JsonSerializer.Deserialize<ProjectDetection>(JsonSerializer.Serialize(found))!;
        again.Checks[0].TargetedFor(["pkg/money.py"]).ShouldBe(found.Checks[0].TargetedFor(["pkg/money.py"]));
        again.Setup[0].Command.ShouldBe(found.Setup[0].Command);
    }

    private static Layout Python => new() { ["pyproject.toml"] = "[project]\nname='pkg'", ["pkg/money.py"] = "", ["tests/test_x.py"] = "" };

    private static string? Targeted(Layout layout, params string[] changed) =>
        layout.Detect().Checks.First(c => c.Kind == CheckKind.Test).TargetedFor(changed.Length == 1 && !changed[0].Contains('$', StringComparison.Ordinal) && !changed[0].Contains("a b", StringComparison.Ordinal) ? changed[0].Split(' ') : changed);
}
