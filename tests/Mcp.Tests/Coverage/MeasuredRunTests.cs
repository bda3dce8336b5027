namespace CodingAgent.Mcp.Tests.Coverage;

public sealed class MeasuredRunTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [FactWith("node", "npm")]
    public async Task NodeTest_BehindAScript_IsMeasured()
    {
        _scratch.Write("package.json", """{ "scripts": { "test": "node --test" } }""");
        _scratch.Write("a.js", "exports.f = function (x) {\n  if (x) {\n    return 1;\n  }\n  return 2;\n};\n");
        _scratch.Write("test/a.test.js", "const { test } = require('node:test');\nconst { f } = require('../a.js');\ntest('f', () => { if (f(true) !== 1) throw new Error('no'); });\n");

        var (exit, output) = await Measured.RunAsync(_scratch.Path, "npm test");

        exit.ShouldBe(0, output);
        (await Measured.ReadAsync(_scratch.Path)).ShouldContain("a.js +1-4,6 -5");
    }

    [FactWith("node")]
    public async Task RedCheck_Measured_EndsAsItDoes()
    {
        _scratch.Write("test/a.test.js", "const { test } = require('node:test');\ntest('f', () => { throw new Error('deliberate'); });\n");

        var (exit, output) = await Measured.RunAsync(_scratch.Path, "node --test");

        exit.ShouldBe(1);
        output.ShouldContain("deliberate");
    }

    [FactWith("python3")]
    public async Task Unittest_WithoutAnyPackage_IsMeasured()
    {
        _scratch.Write("lib/__init__.py", "");
        _scratch.Write("lib/a.py", "def f(x):\n    if x:\n        return 1\n    return 2\n\n\ndef g():\n    return 3\n");
        _scratch.Write("lib/unused.py", "X = 1\n");
        _scratch.Write("tests/__init__.py", "");
        _scratch.Write("tests/test_a.py", "import unittest\nfrom lib.a import f\n\n\nclass T(unittest.TestCase):\n    def test_f(self):\n        self.assertEqual(1, f(True))\n");

        var (exit, output) = await Measured.RunAsync(_scratch.Path, "python3 -m unittest");

        exit.ShouldBe(0, output);
        var read = await Measured.ReadAsync(_scratch.Path);
        read.ShouldContain("lib/a.py +1-3,7 -4,8");
        read.ShouldContain("lib/unused.py + -1");
    }

    [FactWith("node")]
    public async Task ProgramsOfTheRepository_StandBeforeOurs_AndNothingGoesInCircles()
    {
        _scratch.Write("own/node", "#!/bin/sh\necho own node\n");

        var (exit, output) = await Measured.RunAsync(_scratch.Path, "chmod +x own/node; PATH=\"$PWD/own:$PATH\"; node --test; exit 3");

        exit.ShouldBe(3);
        output.ShouldContain("own node");
        (await Measured.ReadAsync(_scratch.Path)).ShouldBeEmpty();
    }

    [Fact]
    public async Task ReportsThatTheRepositoryHolds_AreNotBelieved()
    {
        _scratch.Write("a.js", "x\n");
        _scratch.Write(".coding-agent-coverage/old.info", "SF:a.js\nDA:1,1\n");

        (await Measured.RunAsync(_scratch.Path, "true")).ExitCode.ShouldBe(0);

        (await Measured.ReadAsync(_scratch.Path)).ShouldBeEmpty();
    }
}

/// <summary>A fact for machines that have these programs.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithAttribute : FactAttribute
{
    public FactWithAttribute(params string[] programs)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (Array.Find(programs, p => !Array.Exists(path, f => File.Exists(Path.Combine(f, p)))) is { } missing) Skip = $"'{missing}' is not installed.";
    }
}
