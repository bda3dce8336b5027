using CodingAgent.Agents.Cohort;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Gates;

/// <summary>Who changes what decides how checks run changes the measure: that takes a person's word and is marked.</summary>
public sealed class RunnerGateTests
{
    private static readonly RepositoryPolicy Policy = new() { Checks = [new("test", "make test")] };

    private static GateVerdict Judge(RiskRule rule, bool planned, bool approved, bool hasPlan = true)
    {
        var plan = new Plan("g", [], planned ? [new("Makefile", "faster")] : [], [], [], []);
        var input = new GateInput(
            new ChangeSet("base", "tree", [new ChangedFile("Makefile", ChangeKind.Modified, "100644", 1, false, 1, 1)], 1, 1), [], Policy with { Approval = PlanApproval.Never, Danger = new() { Runner = rule } }, hasPlan ? plan : null, null, "agent/x", "main")
        { PlanApprovedByPerson = approved };
        return Gatekeeper.Judge(input).Single(v => v.Gate == "risk");
    }

    [Fact]
    public void Judge_TakesAPersonsWord_AndMarks()
    {
        Judge(RiskRule.Ask, planned: true, approved: true).ShouldSatisfyAllConditions(v => v.Passed.ShouldBeTrue(), v => v.Marked.ShouldBeTrue(), v => v.Message.ShouldContain("Makefile"));
        Judge(RiskRule.Ask, planned: true, approved: false).ShouldSatisfyAllConditions(v => v.Passed.ShouldBeFalse(), v => v.Asks.ShouldBe([new("Makefile", "decides how the checks run")]));
        Judge(RiskRule.Ask, planned: false, approved: true).ShouldSatisfyAllConditions(v => v.Passed.ShouldBeFalse(), v => v.Message.ShouldBe("Needs a person's word: Makefile decides how the checks run."));
        Judge(RiskRule.Ask, planned: true, approved: true, hasPlan: false).Passed.ShouldBeFalse();
        Judge(RiskRule.Deny, planned: true, approved: true).ShouldSatisfyAllConditions(v => v.Passed.ShouldBeFalse(), v => v.Asks.ShouldBeEmpty(), v => v.Message.ShouldContain("danger.runner"));
        Judge(RiskRule.Allow, planned: false, approved: false, hasPlan: false).ShouldSatisfyAllConditions(v => v.Passed.ShouldBeTrue(), v => v.Marked.ShouldBeTrue());
    }

    [Theory]
    [InlineData("Makefile")]
    [InlineData("makefile")]
    [InlineData("sub/GNUmakefile")]
    [InlineData("tests/conftest.py")]
    [InlineData("CONFTEST.PY")]
    [InlineData("Directory.Build.props")]
    [InlineData("src/Directory.Build.targets")]
    [InlineData("tests/Sub/xunit.runner.json")]
    [InlineData("ci.runsettings")]
    [InlineData(".editorconfig")]
    [InlineData("jest.config.mjs")]
    [InlineData("web/vitest.config.ts")]
    [InlineData(".mocharc.json")]
    [InlineData("tsconfig.build.json")]
    [InlineData(".eslintrc.cjs")]
    [InlineData("pytest.ini")]
    [InlineData("tox.ini")]
    [InlineData("build.gradle.kts")]
    [InlineData("buildSrc/src/main/kotlin/conventions.gradle.kts")]
    [InlineData(".mvn/maven.config")]
    [InlineData("crates/a/build.rs")]
    [InlineData(".cargo/config.toml")]
    [InlineData("tests/CMakeLists.txt")]
    [InlineData("phpunit.xml.dist")]
    [InlineData(".golangci.yml")]
    [InlineData("spec/spec_helper.rb")]
    public void Is_WhatDecidesHowChecksRun(string path) => RunnerFiles.Is(path).ShouldBeTrue();

    [Theory]
    [InlineData("src/Makefile.cs")]
    [InlineData("src/conftest_helper.py")]
    [InlineData("docs/jest.md")]
    [InlineData("package.json")]
    [InlineData("Directory.Packages.props")]
    [InlineData("src/app.ts")]
    public void Is_NotWhatOnlySoundsLikeIt(string path) => RunnerFiles.Is(path).ShouldBeFalse();

    [Theory]
    [InlineData("scripts/audit.sh", "sh scripts/audit.sh", true)]
    [InlineData("scripts/audit.sh", "./scripts/audit.sh --all && make", true)]
    [InlineData("scripts/audit.sh", "cd scripts && ./audit.sh", true)]
    [InlineData("scripts/audit.sh", "(cd ./scripts; bash 'audit.sh')", true)]
    [InlineData("tools/run.py", "PYTHONPATH=. python3 tools/run.py", true)]
    [InlineData("build/Rules", "make -f build/Rules", true)]
    [InlineData("ci/j.js", "npx jest --config=ci/j.js", true)]
    [InlineData("run", "cd web/..; ./run", true)]
    [InlineData("a b.sh", "sh 'a b.sh'", false)]
    [InlineData("tests/a.py", "pytest tests", false)]
    [InlineData("audit.sh", "sh scripts/audit.sh", false)]
    [InlineData("src/main.c", "make test", false)]
    public void IsNamed_ByALine(string path, string line, bool expected) => RunnerFiles.IsNamed(path, [line]).ShouldBe(expected);

    [Theory]
    // The rest of a manifest is no setting.
    [InlineData("package.json", """{ "version": "1", "scripts": { "test": "jest" }, "dependencies": { "a": "1" } }""", """{ "version": "2", "scripts": { "test": "jest" }, "dependencies": { "a": "2", "b": "1" } }""", true)]
    [InlineData("package.json", """{ "scripts": { "test": "jest" } }""", """{ "scripts": { "test": "true" } }""", false)]
    [InlineData("package.json", """{ "scripts": { "test": "jest" } }""", """{ "scripts": { "test": "jest", "pretest": "rm -rf tests" } }""", false)]
    [InlineData("package.json", """{ "name": "x" }""", """{ "name": "x", "jest": { "testPathIgnorePatterns": ["."] } }""", false)]
    [InlineData("package.json", """{ "name": "x" }""", """{ "name": "x", """, false)]
    [InlineData("web/package.json", "", """{ "name": "x", "devDependencies": {} }""", true)]
    [InlineData("web/package.json", """{ "scripts": { "test": "jest" } }""", "", false)]
    [InlineData("pyproject.toml", "[project]\nname = 'a'\ndependencies = ['x']\n[tool.pytest.ini_options]\naddopts = '-q'\n", "[project]\nname = 'a'\ndependencies = ['x', 'y']\n[tool.pytest.ini_options]\naddopts = '-q'\n", true)]
    [InlineData("pyproject.toml", "[tool.pytest.ini_options]\naddopts = '-q'\n", "[tool.pytest.ini_options]\naddopts = '-q --co'\n", false)]
    [InlineData("pyproject.toml", "[tool.poetry.group.dev.dependencies]\npytest = '1'\n", "[tool.poetry.group.dev.dependencies]\npytest = '2'\n", true)]
    [InlineData("pyproject.toml", "[[tool.mypy.overrides]]\nmodule = 'a'\n", "[[tool.mypy.overrides]]\nmodule = 'b'\n", false)]
    [InlineData("Cargo.toml", "[package]\nname = 'a'\nversion = '1'\n[dependencies]\nb = '1'\n", "[package]\nname = 'a'\nversion = '2'\n[dependencies]\nb = '2'\nc = { path = 'c' }\n", true)]
    [InlineData("Cargo.toml", "[package]\nname = 'a'\n", "[package]\nname = 'a'\nautotests = false\n", false)]
    [InlineData("Cargo.toml", "[package]\nname = 'a'\n", "[package]\nname = 'a'\n[[test]]\nname = 't'\nharness = false\n", false)]
    [InlineData("setup.cfg", "[metadata]\nversion = 1\n[tool:pytest]\naddopts = -q\n", "[metadata]\nversion = 2\n[tool:pytest]\naddopts = -q\n", true)]
    [InlineData("setup.cfg", "[tool:pytest]\naddopts = -q\n", "[tool:pytest]\naddopts = --co\n", false)]
    [InlineData("pom.xml", "<project><version>1</version><dependencies><dependency><artifactId>a</artifactId></dependency></dependencies></project>", "<project><version>2</version><dependencies><dependency><artifactId>b</artifactId></dependency></dependencies></project>", true)]
    [InlineData("pom.xml", "<project><build/></project>", "<project><build><plugins><plugin><configuration><skipTests>true</skipTests></configuration></plugin></plugins></build></project>", false)]
    [InlineData("pom.xml", "<project><properties><a>1</a></properties></project>", "<project><properties><skipTests>true</skipTests></properties></project>", false)]
    [InlineData("A.Tests.csproj", "", """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework><IsTestProject>true</IsTestProject></PropertyGroup><ItemGroup><PackageReference Include="xunit" Version="2"/></ItemGroup></Project>""", true)]
    [InlineData("A.csproj", """<Project Sdk="Microsoft.NET.Sdk"/>""", """<Project Sdk="Microsoft.NET.Sdk"><Target Name="VSTest"/></Project>""", false)]
    [InlineData("A.csproj", """<Project Sdk="Microsoft.NET.Sdk"/>""", """<Project Sdk="Evil.Sdk"/>""", false)]
    [InlineData("A.csproj", """<Project Sdk="Microsoft.NET.Sdk"/>""", """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><IsTestProject>false</IsTestProject></PropertyGroup></Project>""", false)]
    [InlineData("A.csproj", """<Project Sdk="Microsoft.NET.Sdk"/>""", """<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><Compile Remove="FailingTests.cs"/></ItemGroup></Project>""", false)]
    [InlineData("A.csproj", """<Project Sdk="Microsoft.NET.Sdk"/>""", """<!DOCTYPE x [<!ENTITY a "b">]><Project Sdk="Microsoft.NET.Sdk"/>""", false)]
    [InlineData("Directory.Packages.props", """<Project><ItemGroup><PackageVersion Include="a" Version="1"/></ItemGroup></Project>""", """<Project><ItemGroup><PackageVersion Include="a" Version="2"/></ItemGroup></Project>""", true)]
    [InlineData("composer.json", """{ "require": { "a/b": "1" }, "scripts": { "test": "phpunit" } }""", """{ "require": { "a/b": "2" }, "scripts": { "test": "true" } }""", false)]
    public void AreSame_TellsSettingsFromTheRest(string path, string before, string after, bool same)
    {
        RunnerFiles.IsShared(path).ShouldBeTrue();
        RunnerSettings.AreSame(path, before, after).ShouldBe(same);
    }
}
