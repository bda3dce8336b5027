using System.Collections.Concurrent;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Servers;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.Mcp.Tests.Servers;

/// <summary>Wiring and ranking on vectors that are written out here; how well a real model's do is for nobody to see in this place.</summary>
public sealed class SearchByMeaningTests : IDisposable
{
    private static readonly (string Path, string? Content)[] Shop =
    [
        ("src/basket.py", "class Basket:\n    def grand_total(self):\n        return sum(self.items)\n"),
        ("src/mailer.py", "def send_letter(to, body):\n    smtp.send(to, body)\n"),
        ("src/login.py", "def check_credentials(user):\n    return user in known\n"),
    ];

    private readonly ScratchFolder _scratch = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Concepts _model = new();
    private CodeSearcher? _searcher;
    private TrustedGit? _git;

    public void Dispose()
    {
        _searcher?.Dispose();
        _scratch.Dispose();
        _model.Dispose();
    }

    [Fact]
    public async Task SearchCode_WithNoWordInCommon_FindsWhatMeansTheSame()
    {
        await using var f = await StartAsync(Shop);
        (await f.CallAsync("search_code", new { query = "price of a purchase" })).ShouldStartWith("src/basket.py   [by meaning alone]\n  1: class Basket:");
        (await f.CallAsync("search_code", new { query = "email notification" })).ShouldStartWith("src/mailer.py   [by meaning alone]\n  1: def send_letter(to, body):");
        // What has the words is not put behind what means the same: one of both is first.
        (await f.CallAsync("search_code", new { query = "check_credentials of email" })).ShouldStartWith("src/login.py\n");
        (await f.CallAsync("search_code", new { query = "email notification", glob = "src/b*.py" })).ShouldNotContain("mailer");
    }

    [Fact]
    public async Task Model_IsShownEachContentOnce_AndAfterAnEditWhatChanged()
    {
        await using var f = await StartAsync(Shop);
        await f.CallAsync("search_code", new { query = "email notification" });
        _model.Texts.Count.ShouldBe(4);
        await f.CallAsync("search_code", new { query = "email notification" });
        _model.Texts.Count.ShouldBe(5);
        f.WriteFile("src/basket.py", "def nothing():\n    smtp = 1\n");
        await f.CallAsync("search_code", new { query = "price of a purchase" });
        _model.Texts.Count.ShouldBe(7);

        // A process that begins later has them from the index, which lies beside the mirror.
        using var later = NewSearcher(null);
        var tree = await later.TreeAsync(new GitMirror("", f.Workspace.GitDirectory), (await _git!.SnapshotAsync(f.Workspace, CancellationToken.None)).TreeId, CancellationToken.None);
        (await later.MeaningAsync(tree, "email notification", _ => true, CancellationToken.None)).Found.Count.ShouldBe(3);
        _model.Texts.Count.ShouldBe(8);
    }

    [Theory]
    [InlineData("secret", "[not searched by meaning: the question holds what looks like a credential]")]
    [InlineData("away", "[not searched by meaning: the model for it gave no usable answer]")]
    [InlineData("fewer", "[not searched by meaning: the model for it gave no usable answer]")]
    [InlineData("NaN", "[not searched by meaning: the model for it gave no usable answer]")]
    [InlineData("zero", "[not searched by meaning: the model for it gave no usable answer]")]
    [InlineData("huge", "[not searched by meaning: the model for it gave no usable answer]")]
    [InlineData("empty", "[not searched by meaning: the model for it gave no usable answer]")]
    public async Task Model_ThatIsOfNoUse_LeavesTheOtherRankings(string how, string remark)
    {
        await using var f = await StartAsync(Shop);
        _model.Fault = how;
        var query = how == "secret" ? "send_letter SECRET" : "send_letter";
        var found = await f.CallAsync("search_code", new { query });
        found.ShouldStartWith("src/mailer.py\n  1: def send_letter(to, body):");
        found.ShouldEndWith($"{remark}\n");
        if (how == "secret") _model.Texts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Model_ThatFailed_IsAskedAgainAfterAWhile()
    {
        await using var f = await StartAsync(Shop);
        _model.Fault = "away";
        await f.CallAsync("search_code", new { query = "email" });
        _model.Fault = "";
        (await f.CallAsync("search_code", new { query = "email" })).ShouldContain("gave no answer a moment ago");
        _model.Texts.Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromMinutes(1));
        (await f.CallAsync("search_code", new { query = "email" })).ShouldStartWith("src/mailer.py   [by meaning");
    }

    [Fact]
    public async Task OtherDimensionForAFile_IsNoAnswer_AndTheRestIsSearched()
    {
        await using var f = await StartAsync(Shop);
        _model.Fault = "other dimension for files";
        (await f.CallAsync("search_code", new { query = "send_letter" })).ShouldEndWith("[searched by meaning: 0 of 3 files so far]\n");
        _model.Fault = "";
        _time.Advance(TimeSpan.FromMinutes(2));
        (await f.CallAsync("search_code", new { query = "price of a purchase" })).ShouldStartWith("src/basket.py   [by meaning");
    }

    /// <summary>One that a model cannot take keeps back neither the others nor, for ever, itself.</summary>
    [Fact]
    public async Task FileThatTheModelRefuses_IsTriedAloneAndThenLeft()
    {
        await using var f = await StartAsync([.. Shop, ("src/poison.py", "POISON\n")]);
        for (var i = 0; i < 8; i++)
        {
            await f.CallAsync("search_code", new { query = "price of a purchase" });
            _time.Advance(TimeSpan.FromMinutes(2));
        }

        (await f.CallAsync("search_code", new { query = "price of a purchase" })).ShouldEndWith("[searched by meaning: 3 of 4 files so far]\n");
        _model.Texts.Count(t => t.Contains("POISON", StringComparison.Ordinal)).ShouldBe(3);
    }

    [Fact]
    public async Task FilesWithSecretsOrClosedToAgents_AreNotSent()
    {
        await using var f = await StartAsync(
            [.. Shop, ("src/config.py", "KEY = 'SECRET'\n"), ("private/notes.md", "CLOSED\n")],
            o => o with { PathPolicy = new PathPolicy([], [], ["private/**"]) });
        await f.CallAsync("search_code", new { query = "price of a purchase" });
        _model.Texts.Count.ShouldBe(4);
        _model.Texts.ShouldNotContain(t => t.Contains("SECRET", StringComparison.Ordinal) || t.Contains("CLOSED", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PiecesOfATree_AreBounded()
    {
        await using var f = await StartAsync([.. Enumerable.Range(0, 90).Select(i => ($"m{i:00}.py", (string?)$"def function_{i}():\n    pass\n"))], mostChunks: 40);
        (await f.CallAsync("search_code", new { query = "anything" })).ShouldMatch(@"\[searched by meaning: \d+ of 90 files, as many as may be\]");
        _model.Texts.Count.ShouldBeInRange(40, 75);
    }

    [Fact]
    public void Chunks_OfAFile_BeginAtDefinitionsAndAreBounded()
    {
        var body = string.Concat(Enumerable.Repeat("    call_something_of_some_length(argument)\n", 14));
        var text = $"import a\n\nclass A:\n  def one():\n{body}  def two():\n{body}def three():\n{body}";
        CodeSymbol[] symbols =
        [
            new("A", "class", 3, 33, "", ""), new("one", "method", 4, 18, "A", "()"), new("two", "method", 19, 33, "A", "()"), new("three", "function", 34, 48, "", "()"),
        ];
        var chunks = CodeChunks.Of(text, symbols);
        chunks.Select(c => c.Lines).ShouldBe([new LineRange(1, 18), new LineRange(19, 33), new LineRange(34, 48)]);
        chunks[1].Text.ShouldStartWith("in class A\n  def two():");
        foreach (var hostile in (string[])[new string('x', 1_000_000), string.Concat(Enumerable.Repeat(new string('y', 5_000) + "\n", 300)), new string('\n', 100_000), "", "\r\n\r\n"])
        {
            var cut = CodeChunks.Of(hostile, []);
            cut.Count.ShouldBeLessThanOrEqualTo(60);
            cut.ShouldAllBe(c => c.Text.Length <= 2 * CodeChunks.Longest);
        }
    }

    [Fact]
    public void Fusion_OfSeveralRankings_PutsWhatIsGoodInMoreBeforeWhatIsFirstInOne()
    {
        var fused = new RankFusion();
        fused.Add([1, 2, 3, 2, 1], 1);
        fused.Add([4, 2, 3], 1);
        fused.Add([5], 2);
        fused.Scores.OrderByDescending(s => s.Value).Select(s => s.Key).ShouldBe([5, 2, 3, 1, 4], ignoreOrder: false);
        fused.Scores[2].ShouldBe(2.0 / 61);
        fused.Scores[5].ShouldBe(2.0 / 60);
    }

    [Fact]
    public void Meanings_KeptAsBytes_AreTheSame()
    {
        var of = Meanings.Of([(new LineRange(1, 5), new float[] { 3, 4 }), (new LineRange(6, 9), new float[] { 0, -2 })]);
        of.Best([0, 1]).ShouldBe((new LineRange(1, 5), 0.8f));
        var (lines, vectors) = of.Pack();
        var back = Meanings.Unpack(lines, vectors);
        back.Lines.ShouldBe(of.Lines);
        back.Vectors.ShouldBe(of.Vectors);
        Meanings.None.Best([0, 1]).ShouldBeNull();
    }

    private Task<ToolsFixture> StartAsync((string Path, string? Content)[] files, Func<WorkspaceToolsOptions, WorkspaceToolsOptions>? change = null, int? mostChunks = null) => ToolsFixture.CreateAsync(
        (WorkspaceToolsOptions o) =>
        {
            _git = o.TrustedGit;
            return (change?.Invoke(o) ?? o) with { CodeSearch = _searcher = NewSearcher(mostChunks) };
        },
        files);

    private CodeSearcher NewSearcher(int? mostChunks) => new(_git!, null, _scratch.Path, _time)
    {
        Embeddings = new CodeEmbeddings(_model, "concepts") { MostChunks = mostChunks ?? 1_000, HoldsSecret = t => t.Contains("SECRET", StringComparison.Ordinal) },
    };

    /// <summary>A model that knows three concepts by their words.</summary>
    private sealed class Concepts : IEmbeddingGenerator<string, Embedding<float>>
    {
        private static readonly string[][] Words = [["basket", "grand_total", "price", "purchase"], ["smtp", "letter", "email", "notification"], ["credentials", "login", "known"]];

        public ConcurrentQueue<string> Texts { get; } = [];

        public string Fault { get; set; } = "";

        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            var texts = values.ToArray();
            foreach (var text in texts) Texts.Enqueue(text);
            if (Fault == "away" || texts.Any(t => t.Contains("POISON", StringComparison.Ordinal))) throw new HttpRequestException("No route to host.");
            var isFile = texts.Any(t => t.Contains('\n', StringComparison.Ordinal));
            var vectors = texts.Select(VectorOf).ToArray();
            return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(Fault switch
            {
                "fewer" => [],
                "NaN" => vectors.Select(v => new Embedding<float>(new[] { float.NaN, v[0], 0, 0 })),
                "zero" => vectors.Select(_ => new Embedding<float>(new float[4])),
                "huge" => vectors.Select(_ => new Embedding<float>(Enumerable.Repeat(1f, 100_000).ToArray())),
                "empty" => vectors.Select(_ => new Embedding<float>(Array.Empty<float>())),
                "other dimension for files" when isFile => vectors.Select(v => new Embedding<float>(v.AsMemory(0, 2))),
                _ => vectors.Select(v => new Embedding<float>(v)),
            }));
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }

        private static float[] VectorOf(string text) => [.. Words.Select(of => (float)of.Count(w => text.Contains(w, StringComparison.OrdinalIgnoreCase))), 0.1f];
    }
}
