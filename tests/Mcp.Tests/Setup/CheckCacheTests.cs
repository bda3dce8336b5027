using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Tests.Sandboxes;
using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.Mcp.Tests.Setup;

public sealed class CheckCacheTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly BuildEnvironment Plain = new(new SetupLayer("layer", "/w", "/h"), "/view", SandboxFixture.Limits) { Platform = "tools-1" };
    private static readonly SandboxResult Red = new(SandboxOutcome.Exited, 1, "Expected 3 but was 1\n", "", TimeSpan.FromSeconds(2));

    private readonly ScratchFolder _root = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    public void Dispose() => _root.Dispose();

    private CheckCache Cache() => new(_root["checks"], _time);

    [Fact]
    public async Task Result_IsFoundByAnotherWorkerOfTheMachine_ForThatVeryRunOnly()
    {
        await Cache().KeepAsync("tree", Plain, "make test", Red, None);

        (await Cache().FindAsync("tree", Plain, "make test", None)).ShouldBe(Red);
        (await Cache().FindAsync("tree", Plain with { GitView = "/elsewhere" }, "make test", None)).ShouldBe(Red);
        (await Cache().FindAsync("other", Plain, "make test", None)).ShouldBeNull();
        (await Cache().FindAsync("tree", Plain, "make lint", None)).ShouldBeNull();
        (await Cache().FindAsync("tree", Plain with { Layer = null }, "make test", None)).ShouldBeNull();
        (await Cache().FindAsync("tree", Plain with { Layer = new SetupLayer("layer-2", "/w", "/h") }, "make test", None)).ShouldBeNull();
        (await Cache().FindAsync("tree", Plain with { Limits = SandboxFixture.Limits with { MemoryBytes = 1 << 20 } }, "make test", None)).ShouldBeNull();
        // Another compiler, or what an image's tag means today.
        (await Cache().FindAsync("tree", Plain with { Platform = "tools-2" }, "make test", None)).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("\0\0\0\0")]
    [InlineData("no json")]
    public async Task File_ThatIsBad_IsNoResult_AndIsWrittenAnew(string content)
    {
        await Cache().KeepAsync("tree", Plain, "make test", Red, None);
        var file = Directory.GetFiles(_root["checks"]).ShouldHaveSingleItem();
        await File.WriteAllTextAsync(file, content);
        (await Cache().FindAsync("tree", Plain, "make test", None)).ShouldBeNull();
        await Cache().KeepAsync("tree", Plain, "make test", Red, None);
        (await Cache().FindAsync("tree", Plain, "make test", None)).ShouldBe(Red);
    }

    [Fact]
    public async Task File_CutShortAnywhere_IsNoResult()
    {
        await Cache().KeepAsync("tree", Plain, "make test", Red, None);
        var file = Directory.GetFiles(_root["checks"]).ShouldHaveSingleItem();
        var whole = await File.ReadAllBytesAsync(file);
        for (var length = 0; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(file, whole[..length]);
            (await Cache().FindAsync("tree", Plain, "make test", None)).ShouldBeNull($"{length} of {whole.Length} bytes");
        }
    }

    [Theory]
    [InlineData(SandboxOutcome.TimedOut)]
    [InlineData(SandboxOutcome.OutOfMemory)]
    public async Task Result_AtALimit_IsNotKept(SandboxOutcome outcome)
    {
        await Cache().KeepAsync("tree", Plain, "make test", Red with { Outcome = outcome, ExitCode = 137 }, None);
        (await Cache().FindAsync("tree", Plain, "make test", None)).ShouldBeNull();
    }

    [Fact]
    public async Task Result_OfLastWeek_IsForgotten_AndItsFileGoesWithTheNextOne()
    {
        await Cache().KeepAsync("tree", Plain, "make test", Red, None);
        _time.Advance(TimeSpan.FromDays(8));
        (await Cache().FindAsync("tree", Plain, "make test", None)).ShouldBeNull();
        var old = Directory.GetFiles(_root["checks"]).ShouldHaveSingleItem();
        await Cache().KeepAsync("tree", Plain, "make lint", Red, None);
        File.Exists(old).ShouldBeFalse();
    }
}
