using System.Net;
using System.Text;
using System.Text.Json;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Tests.Egress;
using CodingAgent.Mcp.Tests.Git;
using CodingAgent.Mcp.Tests.Sandboxes;

namespace CodingAgent.Mcp.Tests.Setup;

/// <summary>A credential for a named step of set-up, in a real sandbox before a feed over TLS that knows it: where it goes, and where it is not.</summary>
public sealed class SetupSecretTests : IAsyncLifetime
{
    private const string Value = "very-secret-4711-value";
    private const string Header = "Bearer " + Value;
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly GitFixture _git = new();
    private readonly BubblewrapSandbox _sandbox = new(new BubblewrapOptions(), TimeProvider.System);
    private TestRegistry _feed = null!;
    private string? _value = Header;

    public async Task InitializeAsync() => _feed = await TestRegistry.StartAsync("feed.test", "other.test");

    public async Task DisposeAsync()
    {
        await _feed.DisposeAsync();
        _git.Dispose();
    }

    [ProgramFact("curl")]
    public async Task NamedStep_ReachesItsFeed_AndNothingInTheSandboxOrTheLayerHoldsTheValue()
    {
        // What a hostile package would try: variables, other processes, all files that can be read, what the proxy itself answers.
        var hunt = $"{Get("feed.test", "/package")} > got; env > seen; cat /proc/*/environ /proc/*/cmdline /proc/net/* >> seen 2>/dev/null; grep -rhs Bearer /etc /home /tmp /workspace /run >> seen; "
            + "curl -sSv \"https://feed.test:$PORT/again\" >> seen 2>&1; curl -sS -X POST -d x \"https://feed.test:$PORT/upload\" >> seen; test -s got".Replace("$PORT", Port, StringComparison.Ordinal);
        var layers = Layers();
        var made = await layers.PrepareAsync(await RequestAsync("feed", new SetupCommand("restore", hunt) { Secrets = ["FEED"] }), None);
        made.Failure?.Result.ToString().ShouldBeNull();
        _feed.Seen.ShouldBe([$"GET /package feed.test:{Port} {Header}", $"GET /again feed.test:{Port} {Header}"], "an upload is refused");

        var files = Directory.EnumerateFiles(_git.Beside("layers"), "*", SearchOption.AllDirectories).ToList();
        files.ShouldContain(f => Path.GetFileName(f) == "seen");
        File.ReadAllText(files.Single(f => Path.GetFileName(f) == "seen")).Length.ShouldBeGreaterThan(500, "the hunt saw something");
        foreach (var file in files) HoldsNothing(Encoding.Latin1.GetString(File.ReadAllBytes(file)), file);
        HoldsNothing(JsonSerializer.Serialize(made), "what set-up says");
    }

    [ProgramFact("curl")]
    public async Task OtherStepsAndOtherHosts_GetNothing()
    {
        var made = await Layers().PrepareAsync(
            await RequestAsync(
                "steps",
                new SetupCommand("before", Get("other.test", "/1")),
                // What it leaves running ends with it; what it starts has its own proxy.
                new SetupCommand("named", $"{Get("other.test", "/2")}; {Get("feed.test", "/3")}") { Secrets = ["feed"] },
                new SetupCommand("after", $"{Get("feed.test", "/4")}")),
            None);
        made.Failure!.Step.Name.ShouldBe("after", "the feed is open to the named step alone");
        _feed.Seen.ShouldBe([$"GET /1 other.test:{Port} ", $"GET /2 other.test:{Port} ", $"GET /3 feed.test:{Port} {Header}"]);
    }

    [ProgramFact("curl")]
    public async Task Value_IsReadAnewForEachSetUp()
    {
        var layers = Layers();
        await layers.PrepareAsync(await RequestAsync("one", new SetupCommand("a", Get("feed.test", "/1")) { Secrets = ["feed"] }), None);
        _value = "Bearer renewed";
        await layers.PrepareAsync(await RequestAsync("two", new SetupCommand("b", Get("feed.test", "/2")) { Secrets = ["feed"] }), None);
        _feed.Seen.Select(s => s[(s.LastIndexOf(' ') + 1)..]).ShouldBe([Value, "renewed"]);
    }

    [Theory]
    [InlineData("unknown", "github:acme/shop", Header, "has none of that name for this repository")]
    [InlineData("feed", "github:eve/shop", Header, "has none of that name for this repository")]
    [InlineData("feed", "github:acme/shop", null, "has no value that can be sent")]
    [InlineData("feed", "github:acme/shop", "two\nlines", "has no value that can be sent")]
    public async Task Secret_ThatCannotBeHad_RunsNothing(string name, string repository, string? value, string words)
    {
        _value = value;
        var request = await RequestAsync("x", new SetupCommand("restore", "touch ran") { Secrets = [name] });
        var e = await Should.ThrowAsync<SetupSecretException>(() => Layers().PrepareAsync(request with { Mirror = request.Mirror with { RepoKey = repository } }, None));
        e.Message.ShouldContain(words);
        HoldsNothing(e.ToString(), "the failure");
    }

    // The layer may hold packages of the private feed.
    [Fact]
    public async Task Layer_MadeWithASecret_IsNotForWhoMayNotHaveIt()
    {
        var layers = Layers();
        var request = await RequestAsync("x", new SetupCommand("restore", "touch private") { Secrets = ["feed"] });
        (await layers.PrepareAsync(request, None)).Layer.ShouldNotBeNull();
        await Should.ThrowAsync<SetupSecretException>(() => layers.PrepareAsync(request with { Mirror = request.Mirror with { RepoKey = "github:eve/shop" } }, None));
        (await layers.FindAsync(request with { Steps = [new SetupCommand("restore", "touch private")] }, None)).ShouldBeNull("it has another layer without the secret");
    }

    [Fact]
    public async Task ClosedNetwork_IsSaidAndNotOpened() =>
        (await Should.ThrowAsync<SetupSecretException>(async () => await Layers().PrepareAsync(await RequestAsync("x", new SetupCommand("a", "true") { Secrets = ["feed"] }) with { Hosts = [] }, None))).Message.ShouldContain("opens no host");

    [Fact]
    public void Secret_InWords_ShowsNoValue() => HoldsNothing(Secret.ToString() + JsonSerializer.Serialize(new SetupCommand("a", "b") { Secrets = ["feed"] }), "its words");

    private string Port => _feed.TlsPort.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private SetupSecret Secret => new("feed", [HostRule.Parse($"feed.test:{Port}")], "Authorization", ["github:acme/*"], () => _value);

    private string Get(string host, string path) => $"curl -sSf https://{host}:{Port}{path}";

    private SetupLayers Layers() => new(
        _git.Git,
        new SetupLayersOptions
        {
            Root = _git.Beside("layers"),
            Egress = new EgressOptions { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), AllowedRanges = [IPNetwork.Parse("127.0.0.0/8")], CertificateBundle = _feed.Bundle },
            Secrets = [Secret],
        },
        TimeProvider.System);

    private async Task<SetupRequest> RequestAsync(string manifest, params SetupCommand[] steps)
    {
        var head = _git.Origin.Commit("main", ("manifest.txt", manifest));
        var mirror = await _git.MirrorAsync() with { RepoKey = "github:acme/shop" };
        return new(mirror, head, await _git.Git.TreeOfAsync(mirror, head, None), steps, [$"other.test:{Port}"], SandboxFixture.Limits)
        {
            Sandbox = _sandbox,
            Platform = "here",
            Reads = p => p == "manifest.txt",
            IsLock = _ => false,
        };
    }

    private static void HoldsNothing(string text, string where)
    {
        text.ShouldNotContain(Value, Case.Sensitive, where);
        text.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Value))[..20], Case.Sensitive, where);
    }
}
