using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Toolchains;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class SearchPatternTests : IDisposable
{
    private static readonly (string Path, string? Content)[] Shop =
    [
        ("src/cart.ts", "export class Cart {\n  async total(ids: string[]) {\n    const prices = await fetchAll(\n      ids,\n      { retries: 3 },\n    );\n    return sum(prices);\n  }\n}\n"),
        ("src/page.tsx", "export const Page = () => <b onClick={() => fetchAll(['a'], {})}>x</b>;\n"),
        ("src/cart.py", "def total(ids):\n    prices = fetchAll(ids, retries=3)\n    if prices is None:\n        return 0\n    return sum(prices)\n"),
        ("src/talk.md", "Call fetchAll(ids, options) to get all.\n"),
        ("include/cart.h", "class Cart { int total() { return fetchAll(1, 2); } };\n"),
    ];

    private readonly ScratchFolder _scratch = new();
    private CodeSearcher? _searcher;

    public void Dispose()
    {
        _searcher?.Dispose();
        _scratch.Dispose();
    }

    [AstGrepFact]
    public async Task SearchPattern_OverLinesAndLanguages_SaysWhereEachIs()
    {
        await using var f = await StartAsync(Shop);
        var all = await f.CallAsync("search_pattern", new { pattern = "fetchAll($FIRST, $$$REST)" });
        all.ShouldStartWith("4 matches in 4 files\n");
        all.ShouldContain("src/cart.ts:3: const prices = await fetchAll(   [to line 6]");
        all.ShouldContain("src/page.tsx:1: ");
        all.ShouldContain("src/cart.py:2: prices = fetchAll(ids, retries=3)");
        all.ShouldNotContain("talk.md");
        (await f.CallAsync("search_pattern", new { pattern = "fetchAll($FIRST, $$$REST)", language = "TypeScript" })).ShouldStartWith("2 matches in 2 files\n");
        (await f.CallAsync("search_pattern", new { pattern = "if $A is None:\n    $$$B", language = ".py" })).ShouldStartWith("1 matches in 1 files\nsrc/cart.py:3: if prices is None:   [to line 4]");
        (await f.CallAsync("search_pattern", new { pattern = "fetchAll($A, 2)", language = "c++" })).ShouldStartWith("1 matches in 1 files\ninclude/cart.h:1: ");
        (await f.CallAsync("search_pattern", new { pattern = "fetchAll($$$)", glob = "*.py" })).ShouldStartWith("1 matches in 1 files\nsrc/cart.py:2");
        (await f.CallAsync("search_pattern", new { pattern = "fetchNone($$$)" })).ShouldBe("No matches.");
    }

    [AstGrepFact]
    public async Task SearchPattern_AfterAnEdit_SeesTheFilesAsTheyAreNow()
    {
        await using var f = await StartAsync(Shop);
        (await f.CallAsync("search_pattern", new { pattern = "print($$$)", language = "python" })).ShouldBe("No matches.");
        f.WriteFile("src/new.py", "print(\n  1)\n");
        (await f.CallAsync("search_pattern", new { pattern = "print($$$)", language = "python" })).ShouldBe("1 matches in 1 files\nsrc/new.py:1: print(   [to line 2]\n");
    }

    [AstGrepFact]
    public async Task SearchPattern_ThatIsNone_SaysWhatIsWrong()
    {
        await using var f = await StartAsync(Shop);
        (await f.ErrorAsync("search_pattern", new { pattern = "fetchAll($A); sum($B)", language = "typescript", glob = "*.ts" })).ShouldContain("no single piece of typescript code");
        (await f.CallAsync("search_pattern", new { pattern = "fetchAll($A", language = "python" })).ShouldContain("not complete python code");
        (await f.ErrorAsync("search_pattern", new { pattern = "a", language = "klingon" })).ShouldContain("it knows bash, c, cpp,");
        (await f.ErrorAsync("search_pattern", new { pattern = " " })).ShouldContain("pattern is empty");
        (await f.ErrorAsync("search_pattern", new { pattern = "a\0b" })).ShouldContain("zero character");
        (await f.ErrorAsync("search_pattern", new { pattern = new string('x', 3_000) })).ShouldContain("longer than 2000");
        (await f.ErrorAsync("search_pattern", new { pattern = "a", limit = 1_000 })).ShouldContain("limit must be");
        (await f.CallAsync("search_pattern", new { pattern = "--help" })).ShouldStartWith("No matches.");
        (await f.CallAsync("search_pattern", new { pattern = "-p=$(id)" })).ShouldStartWith("No matches.");
    }

    /// <summary>Its settings file names a library that every file would be read with, and what else is to be run or read.</summary>
    [AstGrepFact]
    public async Task SettingsLinksAndNamesOfARepository_MeanNothingToIt()
    {
        await using var f = await StartAsync(
        [
            ("sgconfig.yml", "ruleDirs: [rules]\ncustomLanguages:\n  evil:\n    libraryPath: ./evil.so\n    extensions: [py]\nlanguageGlobs:\n  html: ['*.py']\n"),
            ("evil.so", "no library"), ("rules/a.yml", "id: a\nlanguage: Python\nrule: {pattern: call()}\n"), (".gitignore", "*.py\n"), (".ignore", "*.py\n"),
            ("--follow.py", "call(1)\n"), ("a\nb.py", "call(2)\n"), ("\u001b[31mred.py", "call(3)\n"), ("\u202egpj.py", "call(4)\n"), (".hidden/x.py", "call(5)\n"), ("node_modules/x.py", "call(6)\n"),
        ]);
        File.CreateSymbolicLink(Path.Combine(f.Workspace.RootPath, "link.py"), "/etc/passwd");
        File.CreateSymbolicLink(Path.Combine(f.Workspace.RootPath, "out"), "/usr/lib/python3");
        var found = await f.CallAsync("search_pattern", new { pattern = "call($A)" });
        for (var i = 1; i <= 6; i++) found.ShouldContain($": call({i})");
        found.ShouldStartWith("6 matches in 6 files\n");
        found.ShouldContain("a\\nb.py:1: ");
    }

    [AstGrepFact]
    public async Task FilesThatAreHardToRead_KeepNoOthersBack()
    {
        await using var f = await StartAsync(
        [
            ("deep.py", "needle(1)\n" + new string('(', 100_000) + "\n"), ("wide.js", $"needle({string.Join(',', Enumerable.Range(0, 3_000))})\n"), ("long.ts", "needle(1);" + new string('x', 900_000) + "\n"),
            ("nul.py", "needle(1)\n\0needle(2)\n"), ("crlf.py", "\r\n\r\nneedle(3)\r\n"), ("bom.py", "\uFEFFneedle(4)\n"), ("last.go", "package p\n\nfunc f() { needle(5) }\n"),
        ]);
        var found = await f.CallAsync("search_pattern", new { pattern = "needle($$$ARGS)" });
        foreach (var line in (string[])["deep.py:1: ", "wide.js:1: ", "long.ts:1: ", "crlf.py:3: ", "bom.py:1: ", "last.go:3: "]) found.ShouldContain(line);
        found.Length.ShouldBeLessThan(4_000);
    }

    /// <summary>What was found before a limit is told, and that there may be more; what is no match in a known form is passed over.</summary>
    [Theory]
    [InlineData(SandboxOutcome.TimedOut, 137, "[stopped after 20 s: not all was searched; narrow pattern or glob]\n")]
    [InlineData(SandboxOutcome.OutOfMemory, 137, "[stopped, it took too much memory: not all was searched; narrow pattern or glob]\n")]
    [InlineData(SandboxOutcome.Exited, 0, "")]
    public async Task SearchPattern_StoppedOrCut_TellsWhatWasFound(SandboxOutcome outcome, int exitCode, string remark)
    {
        const string Range = "\"range\":{\"start\":{\"line\":1,\"column\":4},\"end\":{\"line\":1,\"column\":9}}";
        string[] lines =
        [
            $"{{\"file\":\"0.py\",{Range}}}", $"{{\"file\":\"./0.py\",{Range}}}", $"{{\"file\":\"99.py\",{Range}}}", $"{{\"file\":\"../../etc/passwd\",{Range}}}", $"{{\"file\":7,{Range}}}",
            "{\"file\":\"0.py\"}", "{\"file\":\"0.py\",\"range\":{\"start\":{\"line\":\"x\"}}}", "{\"file\":\"0.py\",\"ra", "[4096 bytes cut]", "{}", new string('{', 100_000) + "}",
        ];
        await using var f = await StartAsync([("a.py", "x\ncall(1)\n")], sandbox: new Saying(new SandboxResult(outcome, exitCode, string.Join('\n', lines), "", TimeSpan.FromSeconds(1))));
        (await f.CallAsync("search_pattern", new { pattern = "call($A)" })).ShouldBe($"1 matches in 1 files\na.py:2: call(1)\n{remark}");
    }

    [Fact]
    public async Task SearchPattern_WhereItIsNotInstalled_NamesWhatElseThereIs()
    {
        await using var f = await StartAsync(Shop, isInstalled: false);
        (await f.ErrorAsync("search_pattern", new { pattern = "fetchAll($$$)" })).ShouldEndWith("ast-grep, which finds code by its structure, is not installed here. Use search_text with a regular expression, or search_code.");
    }

    [Theory]
    [InlineData("usr/local/bin/ast-grep", "/usr/local/bin/ast-grep")]
    [InlineData("usr/local/lib/node_modules/@ast-grep/cli/ast-grep", null)]
    public void Installed_IsTheProgram_NotAStubOfItsPackage(string file, string? found)
    {
        _scratch.Write(file, found is null ? "placeholder" : new string('x', 100_000));
        var host = new HostView(_scratch.Path, "/root", new Dictionary<string, string> { ["PATH"] = $"/{Path.GetDirectoryName(file)}" }, (_, _) => null);
        PatternSearch.Find(host)?.Binds[0].HostPath.ShouldBe(found);
        if (found is null) PatternSearch.Find(host).ShouldBeNull();
        foreach (var machine in (string[])["linux-x64-gnu", "linux-arm64-gnu"]) _scratch.Write($"{Path.GetDirectoryName(file)}-{machine}/ast-grep", new string('x', 100_000));
        PatternSearch.Find(host).ShouldNotBeNull().Binds[0].HostPath.ShouldStartWith(found ?? "/usr/local/lib/node_modules/@ast-grep/cli-linux-");
    }

    private Task<ToolsFixture> StartAsync((string Path, string? Content)[] files, bool isInstalled = true, ISandbox? sandbox = null) => ToolsFixture.CreateAsync(
        (WorkspaceToolsOptions o) =>
        {
            _searcher?.Dispose();
            _searcher = new CodeSearcher(o.TrustedGit!, sandbox ?? o.Sandbox, _scratch["copies"], TimeProvider.System) { AstGrep = sandbox is not null ? new SymbolProgram(["ast-grep"], []) : isInstalled ? PatternSearch.Installed : null };
            return o with { CodeSearch = _searcher };
        },
        files);

    private sealed class Saying(SandboxResult result) : ISandbox
    {
        public Task<SandboxResult> RunAsync(SandboxCommand command, CancellationToken cancellationToken) => Task.FromResult(result);
    }
}
