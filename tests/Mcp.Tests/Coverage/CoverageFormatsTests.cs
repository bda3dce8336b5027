using CodingAgent.Mcp.Coverage;

namespace CodingAgent.Mcp.Tests.Coverage;

public sealed class CoverageFormatsTests : IDisposable
{
    private const string Reports = MeasuredRun.Folder;

    private readonly ScratchFolder _scratch = new();

    public CoverageFormatsTests()
    {
        foreach (var file in new[] { "src/a.cs", "pkg/mod/b.go", "web/c.js", "py/d.py", "web/node_modules/x/index.js" }) _scratch.Write(file, "one\ntwo\nthree\n");
        _scratch.Write("pkg/go.mod", "module example.com/deep/mod2\n");
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Cobertura_OfPartsAndStateMachines_AddsUp()
    {
        // One file in two classes; a line that one part ran and another did not; a document type of the network's; the methods' lines once more.
        _scratch.Write($"{Reports}/x/a.cobertura.xml", $"""
            <?xml version="1.0"?>
            <!DOCTYPE coverage SYSTEM "http://cobertura.example/coverage-04.dtd">
            <coverage line-rate="1"><sources><source>/elsewhere</source><source>{_scratch.Path}</source></sources><packages><package><classes>
            <class name="C" filename="src/a.cs"><methods><method name="M"><lines><line number="1" hits="2"/></lines></method></methods><lines><line number="1" hits="2"/><line number="2" hits="0"/></lines></class>
            <class name="C/&lt;M&gt;d__0" filename="{_scratch.Path}/src/a.cs"><lines><line number="2" hits="1"/><line number="3" hits="0"/></lines></class>
            <class name="No" filename="/etc/passwd"><lines><line number="1" hits="1"/></lines></class>
            <class name="No" filename="../../../etc/passwd"><lines><line number="1" hits="1"/></lines></class>
            <class name="No" filename="src/gone.cs"><lines><line number="1" hits="1"/></lines></class>
            </classes></package></packages></coverage>
            """);

        (await ReadAsync()).ShouldBe(["src/a.cs +1-2 -3"]);
    }

    [Fact]
    public async Task Lcov_WithRepeatedFilesChecksumsAndOddCounts_AddsUp()
    {
        _scratch.Write($"{Reports}/b.info", "TN:\nSF:web/c.js\nFN:1,f\nDA:1,1,checksum\nDA:2,0\nend_of_record\nDA:9,1\nSF:web\\c.js\nDA:2,18446744073709551999\nDA:3,-1\nDA:x,1\nDA:4\nDA:0,1\nDA:999999999999,1\nend_of_record\nSF:web/node_modules/x/index.js\nDA:1,1\nend_of_record\nSF:\nDA:1,1\n");

        (await ReadAsync()).ShouldBe(["web/c.js +1-2 -3"]);
    }

    [Fact]
    public async Task GoProfile_ByImportPath_IsTheModulesFile()
    {
        _scratch.Write($"{Reports}/go.1.out", "mode: set\nexample.com/deep/mod2/mod/b.go:1.13,2.2 1 1\nexample.com/deep/mod2/mod/b.go:3.1,3.9 2 0\nexample.com/other/b.go:1.1,2.2 1 1\nexample.com/deep/mod2/mod/b.go:1.1,900000000.2 0 1\nbroken\n");

        (await ReadAsync()).ShouldBe(["pkg/mod/b.go +1-2 -3"]);
    }

    [Fact]
    public async Task CoveragePyAndIstanbul_AreTold_ByWhatTheyHold()
    {
        _scratch.Write($"{Reports}/p.json", """{"meta":{"version":"7"},"files":{"ROOT/py/d.py":{"executed_lines":[1,2,"x",null,1e99],"missing_lines":[3]},"py/none.py":{"executed_lines":[1]},"q":3}}""".Replace("ROOT", _scratch.Path, StringComparison.Ordinal));
        _scratch.Write($"{Reports}/j/coverage-final.json", """{"ROOT/web/c.js":{"path":"p","statementMap":{"0":{"start":{"line":1,"column":0}},"1":{"start":{"line":1}},"2":{"start":{"line":2}},"3":{"start":null},"4":5},"s":{"0":0,"1":7,"2":0,"3":1}},"/x":null}""".Replace("ROOT", _scratch.Path, StringComparison.Ordinal));

        (await ReadAsync()).ShouldBe(["py/d.py +1-2 -3", "web/c.js +1 -2"]);
    }

    [Theory]
    [InlineData("a.xml", "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY a \"aaaa\">]><coverage><sources><source>&x;</source></sources></coverage>")]
    [InlineData("b.xml", "<report/>")]
    [InlineData("c.json", "[1]")]
    [InlineData("d.json", "{\"meta\":{},\"files\":{\"py/d.py\":{\"executed_lines\":{}}}}")]
    [InlineData("e.info", "")]
    [InlineData("f.info", "\0\0\0\0")]
    [InlineData("g.out", "mode: set\n\n:::,, 1 1\n")]
    [InlineData("h.json", "{\"a\":{\"statementMap\":[],\"s\":3}}")]
    public async Task HostileReports_SayNothing(string name, string content)
    {
        _scratch.Write($"{Reports}/{name}", content);

        (await ReadAsync()).Where(l => l != "py/d.py + -").ShouldBeEmpty();
    }

    [Fact]
    public async Task CutReport_CountsAsFarAsItGoes_AndLinksLeadNowhere()
    {
        _scratch.Write($"{Reports}/a.xml", "<coverage><class filename=\"src/a.cs\"><lines><line number=\"1\" hits=\"1\"/><line num");
        _scratch.Write("elsewhere/b.info", "SF:web/c.js\nDA:1,1\n");
        File.CreateSymbolicLink(_scratch[$"{Reports}/l.info"], _scratch["elsewhere/b.info"]);
        Directory.CreateSymbolicLink(_scratch[$"{Reports}/dir"], _scratch["elsewhere"]);

        (await ReadAsync()).ShouldBe(["src/a.cs +1 -"]);
    }

    private async Task<IEnumerable<string>> ReadAsync() => await Measured.ReadAsync(_scratch.Path);
}
