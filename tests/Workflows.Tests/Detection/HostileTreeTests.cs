using CodingAgent.Workflows.Detection;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Workflows.Tests.Detection;

/// <summary>Trees and texts that somebody made to hurt: an answer in words, never an exception, never a command of theirs.</summary>
public sealed class HostileTreeTests
{
    private static readonly string Laughs = string.Concat(Enumerable.Range(0, 30).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat(i == 0 ? "x" : $"*a{i - 1}", 10))}]\n"));

    public static TheoryData<string, string> Texts { get; } = new()
    {
        { ".github/workflows/ci.yml", Laughs },
        { ".github/workflows/ci.yml", new string('[', 200_000) },
        { ".github/workflows/ci.yml", "on: push\njobs: *nobody\n" },
        { ".github/workflows/ci.yml", "a: &a\n  <<: *a\n" },
        { ".github/workflows/ci.yml", "on: push\njobs:\n  t:\n    <<: [*x, *y]\n" },
        { ".github/workflows/ci.yml", "\0\0\0" },
        { ".gitlab-ci.yml", string.Concat(Enumerable.Range(0, 50_000).Select(i => $"k{i}: v\n")) },
        { "package.json", new string('[', 200_000) },
        { "package.json", "{\"scripts\":" + string.Concat(Enumerable.Repeat("{\"a\":", 5000)) },
        { "package.json", "[]" },
        { "package.json", "{\"scripts\":[],\"workspaces\":{\"packages\":5},\"packageManager\":7,\"devDependencies\":\"x\",\"engines\":[]}" },
        { "package.json", "{\"workspaces\":[\"../**\",\"[x\",\"/etc\",\"" + new string('*', 5000) + "\"]}" },
        { "pyproject.toml", "a = " + new string('[', 200_000) },
        { "pyproject.toml", string.Join('.', Enumerable.Repeat("a", 100_000)) + " = 1" },
        { "pyproject.toml", "[project]\nname = 5\nrequires-python = ['x']\n[tool]\npoetry = 'no table'\nuv = []\n" },
        { "pyproject.toml", "[project]\nrequires-python = '>=999999999999.1'\n" },
        { "Cargo.toml", "[workspace]\nmembers = 7\n[package]\nname = ''\n" },
        { "A.csproj", "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><Project>&b;</Project>" },
        { "A.csproj", string.Concat(Enumerable.Repeat("<a>", 100_000)) },
        { "A.csproj", "<Project Sdk=\"x\"><ItemGroup><ProjectReference Include=\"../../../../../etc/passwd\" /><ProjectReference /></ItemGroup>" },
        { "global.json", "{\"sdk\":{\"version\":\"99999999999999.0.1\"},\"test\":{\"runner\":{\"name\":5}}}" },
        { "Makefile", "test" + new string(' ', 100_000) + "\n" },
        { "tox.ini", "[testenv]\ndeps = $(id)\n    `id`\n    a; id\n" },
        { "pnpm-lock.yaml", "lockfileVersion: '" + new string('9', 10_000) },
        { "CMakeLists.txt", "option(" + string.Concat(Enumerable.Repeat("BUILD_TESTS ", 20_000)) },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void HostileText_GivesAnAnswer(string path, string text)
    {
        var found = new Layout { [path] = text, ["package-lock.json"] = "{}", ["tests/test_a.py"] = "" }.Detect();
        found.Checks.ShouldAllBe(c => !c.Run.Contains("id", StringComparison.Ordinal) || !c.Run.Contains("$(", StringComparison.Ordinal));
        found.Setup.ShouldAllBe(s => !s.Command.Contains("`id`", StringComparison.Ordinal) && !s.Command.Contains("$(id)", StringComparison.Ordinal));
        found.Notes.ShouldAllBe(n => n.Length <= 400);
    }

    /// <summary>Texts below the bounds, on which an engine that tries one reading after the other needs minutes or for ever.</summary>
    public static TheoryData<string, string> SlowTexts { get; } = new()
    {
        { "tox.ini", "[testenv]\ndeps =\n    a" + new string('!', 4000) + " ;\n" },
        { "tox.ini", "[testenv]\ndeps =\n    a" + string.Concat(Enumerable.Repeat("!==", 2000)) + " ;\n" },
        { "CMakeLists.txt", string.Concat(Enumerable.Repeat("option(A_BUILD_TESTS ", 45_000)) },
        { "CMakeLists.txt", string.Concat(Enumerable.Repeat("include ( ", 100_000)) },
        { "meson.build", new string('\n', 1_000_000) },
        { "Makefile", string.Concat(Enumerable.Repeat("a a ", 200_000)) },
        { "package.json", "{\"scripts\":{\"test\":\"" + string.Concat(Enumerable.Repeat("karma start ", 80_000)) + "\"}}" },
        { "a.sln", string.Concat(Enumerable.Repeat("\"a.cspro", 100_000)) },
        { ".github/workflows/ci.yml", "on: push\njobs:\n  t:\n    steps:\n      - run: apt " + string.Concat(Enumerable.Repeat("-a ", 150_000)) + "\n" },
        { "setup.py", "extras_require " + string.Concat(Enumerable.Repeat("'test'          ", 60_000)) },
    };

    [Theory]
    [MemberData(nameof(SlowTexts))]
    public async Task TextMadeToBeSlow_GivesAnAnswerInTime(string path, string text) =>
        await Task.Run(() => new Layout { [path] = text, ["tests/test_a.py"] = "", ["package-lock.json"] = "{}", ["A.csproj"] = "<Project/>" }.Detect()).WaitAsync(TimeSpan.FromSeconds(20));

    [Fact]
    public void UnreadableManifest_IsSaid() =>
        new Layout { ["package.json"] = "{ no json", ["index.js"] = "" }.Detect().Notes.ShouldContain("`package.json` is not JSON object; what it says was passed over.");

    [Fact]
    public void OverlargeManifest_IsNotRead()
    {
        var read = 0;
        var found = ProjectDetector.Detect([new DetectedFile("package.json", "x", 50_000_000)], _ => read++.ToString(System.Globalization.CultureInfo.InvariantCulture), Layout.Host);
        read.ShouldBe(0);
        found.HasTests.ShouldBeFalse();
    }

    [Fact]
    public void FolderNames_ReachTheShellQuoted()
    {
        var found = new Layout { ["$(id);`x`/go.mod"] = "module a", ["$(id);`x`/a_test.go"] = "", ["-rf/Cargo.toml"] = "[package]\nname='a'" }.Detect();
        found.Checks.Select(c => c.Run).ShouldBe(["cd '$(id);`x`' && go test ./...", "cd ./-rf && cargo test --offline"], ignoreOrder: true);
    }

    [Fact]
    public void ControlCharactersInNames_AreNoManifests() => new Layout { ["a\nb/go.mod"] = "module a", ["a\nb/a_test.go"] = "" }.Detect().Checks.ShouldBeEmpty();

    [Fact]
    public void PackageNames_ThatAreNone_AreLeftOut() => new Layout
    {
        ["package.json"] = "{\"workspaces\":[\"p/*\"]}",
        ["p/a/package.json"] = "{\"name\":\"$(id)\",\"scripts\":{\"test\":\"jest\"}}",
        ["p/b/package.json"] = "{\"name\":\"b\",\"scripts\":{\"test\":\"jest\"}}",
    }.Detect().Checks[0].Run.ShouldBe("npm run test --workspace=b");

    [Fact]
    public void ManyFiles_AreQuick()
    {
        var files = Enumerable.Range(0, 60_000).Select(i => new DetectedFile($"src/d{i % 300}/f{i}.cs", "x", 10)).Append(new DetectedFile("Makefile", "y", 10)).ToArray();
        var reads = 0;
        ProjectDetector.Detect(files, p => { reads++; return p == "Makefile" ? "test:\n\ttrue\n" : null; }, Layout.Host).HasTests.ShouldBeTrue();
        reads.ShouldBeLessThan(50);
    }

    [Fact]
    public void AnyText_InAnyManifest_NeverThrows()
    {
        string[] names = ["package.json", "pyproject.toml", "Cargo.toml", "A.csproj", "A.sln", "global.json", ".github/workflows/a.yml", "tox.ini", "Makefile", "composer.json", "Gemfile", "go.mod", "pom.xml", "CMakeLists.txt", "yarn.lock", "rust-toolchain.toml"];
        string[] bits = ["{", "}", "[", "]", "\"a\"", ":", "=", "\n", " ", "'", "<", ">", "&a", "*a", "- ", "test", "jobs", "scripts", "workspaces", "\uFEFF", "\0", "\u2028", "9", "..", "/", "\\", "#", "!x", "|", "$("];
        var texts = Gen.Elements(bits).ListOf(40).Select(b => string.Concat(b));
        Prop.ForAll(Gen.Zip(Gen.Elements(names), texts).ToArbitrary(), t =>
        {
            new Layout { [t.Item1] = t.Item2, ["tests/test_a.py"] = "", ["sub/" + t.Item1] = t.Item2 }.Detect().ShouldNotBeNull();
        }).QuickCheckThrowOnFailure();
    }
}
