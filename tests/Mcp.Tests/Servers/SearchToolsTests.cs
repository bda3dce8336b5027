using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Tests.Egress;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class SearchToolsTests : IDisposable
{
    private static readonly (string Path, string? Content)[] Shop =
    [
        ("src/cart.py", "from prices import total_price\n\n\nclass ShoppingCart:\n    def __init__(self):\n        self.items = []\n\n    def addItem(self, item):\n        self.items.append(item)\n\n    def checkout(self):\n        return total_price(self.items)\n"),
        ("src/prices.py", "def total_price(items):\n    \"\"\"What all of it costs.\"\"\"\n    return sum(i.price for i in items) * seasonal_discount()\n\n\ndef seasonal_discount():\n    return 0.9\n"),
        ("src/report.py", "from prices import total_price\nfrom cart import ShoppingCart\n\n\ndef print_report(cart):\n    print(total_price(cart.items))\n"),
        ("web/cart.ts", "export interface CartView { total: number }\nexport class CartPage {\n  render(): CartView {\n    return { total: 1 };\n  }\n}\n"),
        ("docs/README.md", "# Shop\nAt the checkout the discount of the season counts.\n"),
        ("package-lock.json", "{ \"seasonal_discount\": true }\n"),
        ("logo.png", "\0\u0001checkout"),
    ];

    private readonly ScratchFolder _scratch = new();
    private CodeSearcher? _searcher;

    public void Dispose()
    {
        _searcher?.Dispose();
        _scratch.Dispose();
    }

    [ProgramFact("ctags")]
    public async Task SearchCode_ForANameOrWords_FindsWhereItIsDefinedFirst()
    {
        await using var f = await StartAsync(Shop);
        foreach (var query in new[] { "seasonal_discount", "seasonalDiscount", "season discounts", "where is the discounting for a season" })
        {
            var found = await f.CallAsync("search_code", new { query });
            found.ShouldStartWith("src/prices.py\n", customMessage: query);
            found.ShouldContain("  6: def seasonal_discount():");
            found.ShouldNotContain("package-lock.json");
        }

        (await f.CallAsync("search_code", new { query = "self.items.append(" })).ShouldStartWith("src/cart.py\n  9: self.items.append(item)   [in member ShoppingCart.addItem(self, item)]\nsrc/");
        (await f.CallAsync("search_code", new { query = "checkout", glob = "*.md" })).ShouldBe("docs/README.md\n  2: At the checkout the discount of the season counts.\n");
        (await f.CallAsync("search_code", new { query = "xylophone" })).ShouldBe("Nothing found.");
    }

    [ProgramFact("ctags")]
    public async Task FindSymbol_ByNameScopeOrWords_SaysWhere()
    {
        await using var f = await StartAsync(Shop);
        (await f.CallAsync("find_symbol", new { name = "shoppingcart" })).ShouldBe("src/cart.py:4: class ShoppingCart\n");
        (await f.CallAsync("find_symbol", new { name = "ShoppingCart.addItem" })).ShouldBe("src/cart.py:8: member ShoppingCart.addItem(self, item)\n");
        (await f.CallAsync("find_symbol", new { name = "CartPage" })).ShouldBe("web/cart.ts:2: class CartPage\n");
        (await f.CallAsync("find_symbol", new { name = "discountSeasonal" })).ShouldStartWith("Not exactly; alike:\nsrc/prices.py:6: function seasonal_discount()");
        (await f.CallAsync("find_symbol", new { name = "nothing" })).ShouldStartWith("No such definition");
    }

    [ProgramFact("ctags")]
    public async Task RepoMap_RanksByReferences_WithinItsTokensAndByWhatItIsAbout()
    {
        await using var f = await StartAsync(Shop);
        var map = await f.CallAsync("repo_map", new { });
        map.ShouldStartWith("src/prices.py\n  1: function total_price(items)\n");
        map.ShouldContain("src/cart.py\n  4: class ShoppingCart\n");
        (await f.CallAsync("repo_map", new { about = "render the CartView page in web" })).ShouldStartWith("web/cart.ts\n");
        var files = Enumerable.Range(0, 60).Select(i => ($"m{i}.py", (string?)$"def function_number_{i}():\n    pass\n")).ToArray();
        await using var large = await StartAsync(files);
        map = await large.CallAsync("repo_map", new { tokens = 100 });
        map.Length.ShouldBeLessThan(500);
        map.ShouldMatch(@"\[\d+ more files with definitions\]");
    }

    [ProgramFact("ctags")]
    public async Task Search_AfterAnEdit_SeesTheFilesAsTheyAreNow()
    {
        await using var f = await StartAsync(Shop);
        (await f.CallAsync("find_symbol", new { name = "total_price" })).ShouldBe("src/prices.py:1: function total_price(items)\n");
        f.WriteFile("src/prices.py", "# moved\n\n\ndef grand_total(items):\n    return 0\n");
        f.WriteFile("src/new.py", "class Voucher:\n    pass\n");
        (await f.CallAsync("find_symbol", new { name = "total_price" })).ShouldNotContain("src/prices.py:1");
        (await f.CallAsync("find_symbol", new { name = "grand_total" })).ShouldBe("src/prices.py:4: function grand_total(items)\n");
        (await f.CallAsync("search_code", new { query = "Voucher" })).ShouldBe("src/new.py\n  1: class Voucher:\n");
        File.Delete(Path.Combine(f.Workspace.RootPath, "src/new.py"));
        (await f.CallAsync("search_code", new { query = "Voucher" })).ShouldBe("Nothing found.");
    }

    [ProgramFact("ctags")]
    public async Task Files_OfHostileNamesAndContents_DoNoHarm()
    {
        await using var f = await StartAsync(
        [
            ("--options=evil.py", "def dashes(): pass\n"), ("a\nb.py", "def newline(): pass\n"), ("a\"b'c $(x).py", "def quotes(): pass\n"), (".ctags.d/x.ctags", "--langdef=evil\n--kinddef-evil=x,y,z\n"),
            ("ünï.py", "def umlaut(): pass\n"), ("deep.py", string.Concat(Enumerable.Repeat("class A:\n ", 1)) + new string('(', 200_000) + "\n"), ("nul.py", "def before(): pass\n\0def after(): pass\n"),
            ("weird.rb.exe.py", "def two(): pass\n"), ("long.py", "def " + new string('x', 100_000) + "(): pass\n"), ("cr.py", "def first(): pass\rdef second(): pass\r"), ("latin.py", "# \u00fc\ndef latin(): pass\n"),
        ]);
        foreach (var name in new[] { "dashes", "newline", "quotes", "umlaut", "two", "latin" })
            (await f.CallAsync("find_symbol", new { name })).ShouldContain($"function {name}()", customMessage: name);
        (await f.CallAsync("search_code", new { query = "\" OR 1 NOT * NEAR(" })).ShouldNotBeNull();
        (await f.CallAsync("search_code", new { query = "𝒳𝒴𝒵 ((((" })).ShouldNotBeNull();
        (await f.ErrorAsync("search_code", new { query = " " })).ShouldContain("query is empty");
        (await f.ErrorAsync("search_code", new { query = new string('q', 2000) })).ShouldContain("longer than");
        (await f.ErrorAsync("search_code", new { query = "a", limit = 0 })).ShouldContain("limit must be");
    }

    [Theory]
    [InlineData("no database")]
    [InlineData("of another version")]
    public void Index_DamagedOrOfAnotherVersion_IsMadeAnew(string how)
    {
        var mirror = new GitMirror("", _scratch.Path);
        var key = new ContentKey(new string('a', 40), ".py");
        using (var index = CodeIndex.Open(mirror))
            index.Add([(key, "def f(): pass", [new CodeSymbol("f", "function", 1, 1, "", "()")])], DateTimeOffset.UnixEpoch);
        using (var index = CodeIndex.Open(mirror))
            index.Missing([key]).ShouldBeEmpty();
        var file = _scratch["code-index.db"];
        if (how == "no database")
        {
            File.WriteAllText(file, how);
        }
        else
        {
            using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        using var anew = CodeIndex.Open(mirror);
        anew.Missing([key]).ShouldBe([key]);
    }

    [Fact]
    public void Index_OfWhatNoTreeAsksFor_ForgetsIt()
    {
        using var index = CodeIndex.Open(new GitMirror("", _scratch.Path));
        var (old, kept) = (new ContentKey(new string('a', 40), ".py"), new ContentKey(new string('b', 40), ".py"));
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        index.Add([(old, "def forgotten(): pass", [new CodeSymbol("forgotten", "function", 1, 1, "", "()")]), (kept, "def kept(): pass", [])], start);
        index.Ids([kept], start.AddDays(40)).Count.ShouldBe(1);

        index.Prune(start.AddDays(30)).ShouldBe(1);

        index.Missing([old, kept]).ShouldBe([old]);
        (index.ByName("forgotten").Count(), index.ByWords(["forgotten"]).Count(), index.ByTrigrams("forgotten").Count(), index.BySymbolWords(["forgotten"]).Count()).ShouldBe((0, 0, 0, 0));
        (index.ByWords(["kept"]).Count(), index.ByTrigrams("kept").Count()).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Search_WithoutAParser_StillFindsText()
    {
        await using var f = await StartAsync(Shop, hasParser: false);
        (await f.CallAsync("search_code", new { query = "seasonal_discount" })).ShouldStartWith("src/prices.py\n");
        (await f.CallAsync("repo_map", new { })).ShouldContain("universal-ctags");
    }

    [Fact]
    public async Task Parser_ThatCannotStart_IsGivenUpAndTextIsFound()
    {
        var sandbox = new CountingSandbox();
        await using var f = await ToolsFixture.CreateAsync(
            (WorkspaceToolsOptions o) => o with { CodeSearch = _searcher = new CodeSearcher(o.TrustedGit!, sandbox, _scratch.Path, TimeProvider.System, new SymbolProgram(["/no/such/program"], [])) },
            [.. Enumerable.Range(0, 40).Select(i => ($"C{i}.cs", (string?)$"class Needle{i};\n"))]);
        (await f.CallAsync("search_code", new { query = "Needle7" })).ShouldStartWith("C7.cs\n");
        // All of them, and the look at whether it starts at all.
        sandbox.Runs.ShouldBe(2);
    }

    private sealed class CountingSandbox : ISandbox
    {
        private readonly BubblewrapSandbox _inner = new(new BubblewrapOptions(), TimeProvider.System);

        public int Runs { get; private set; }

        public Task<SandboxResult> RunAsync(SandboxCommand command, CancellationToken cancellationToken)
        {
            Runs++;
            return _inner.RunAsync(command, cancellationToken);
        }
    }

    [Theory]
    [InlineData("parseURL2Html", "parse|url2|html")]
    [InlineData("HTTPServer", "http|server")]
    [InlineData("snake_case_name", "snake|case|name")]
    [InlineData("__init__", "init")]
    [InlineData("simple", "simple")]
    [InlineData("ÄpfelUndBirnen", "äpfel|und|birnen")]
    [InlineData("x", "x")]
    [InlineData("_", "")]
    public void Parts_OfAnIdentifier_AreItsWords(string identifier, string parts) => string.Join('|', IdentifierWords.Parts(identifier)).ShouldBe(parts);

    private Task<ToolsFixture> StartAsync((string Path, string? Content)[] files, bool hasParser = true) => ToolsFixture.CreateAsync(
        (WorkspaceToolsOptions o) =>
        {
            _searcher?.Dispose();
            return o with { CodeSearch = _searcher = new CodeSearcher(o.TrustedGit!, hasParser ? o.Sandbox : null, _scratch.Path, TimeProvider.System) };
        },
        files);
}
