using CodingAgent.Agents.Journal;

namespace CodingAgent.Storage.Tests;

/// <summary>What every journal must do.</summary>
public abstract class AgentJournalContract
{
    protected abstract IAgentJournal Journal { get; }

    [Fact]
    public async Task Open_NewRun_IsEmpty() => (await Journal.OpenAsync("run", 1, default)).ShouldBeEmpty();

    [Fact]
    public async Task Open_AfterTurns_ReturnsThemInOrderWithTheUnfinishedLast()
    {
        await Journal.OpenAsync("run", 1, default);
        await Journal.AppendResponseAsync("run", 1, 1, "{\"r\":1}", default);
        await Journal.AppendTurnAsync("run", 1, 1, "[\"ü\"]", "tree1", default);
        await Journal.AppendResponseAsync("run", 1, 2, "{\"r\":2}", default);
        await Journal.AppendTurnAsync("run", 1, 2, "[]", null, default);
        await Journal.AppendResponseAsync("run", 1, 3, "{\"r\":3}", default);

        (await Journal.OpenAsync("run", 2, default)).ShouldBe([
            new JournalTurn(1, "{\"r\":1}", "[\"ü\"]", "tree1"),
            new JournalTurn(2, "{\"r\":2}", "[]", null),
            new JournalTurn(3, "{\"r\":3}", null, null)]);
        (await Journal.OpenAsync("other", 1, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Append_ByAnOlderAttempt_IsFenced()
    {
        await Journal.OpenAsync("run", 1, default);
        await Journal.AppendResponseAsync("run", 1, 1, "{}", default);
        await Journal.OpenAsync("run", 2, default);

        await Should.ThrowAsync<JournalFencedException>(() => Journal.AppendTurnAsync("run", 1, 1, "[]", "tree", default));
        await Should.ThrowAsync<JournalFencedException>(() => Journal.AppendResponseAsync("run", 1, 2, "{}", default));
        await Should.ThrowAsync<JournalFencedException>(() => Journal.OpenAsync("run", 1, default));

        await Journal.AppendTurnAsync("run", 2, 1, "[2]", "tree2", default);
        (await Journal.OpenAsync("run", 2, default)).ShouldBe([new JournalTurn(1, "{}", "[2]", "tree2")]);
    }

    [Fact]
    public async Task Append_ByANewerAttempt_ClaimsTheRun()
    {
        await Journal.OpenAsync("run", 1, default);
        await Journal.AppendResponseAsync("run", 3, 1, "{}", default);
        await Should.ThrowAsync<JournalFencedException>(() => Journal.AppendTurnAsync("run", 2, 1, "[]", null, default));
    }

    [Fact]
    public async Task Append_SameTwice_IsOnce_AnythingElseIsRefused()
    {
        await Journal.AppendResponseAsync("run", 1, 1, "{}", default);
        await Journal.AppendResponseAsync("run", 1, 1, "{}", default);
        await Should.ThrowAsync<InvalidOperationException>(() => Journal.AppendResponseAsync("run", 1, 1, "{\"other\":1}", default));
        await Journal.AppendTurnAsync("run", 1, 1, "[]", "tree", default);
        await Journal.AppendTurnAsync("run", 1, 1, "[]", "tree", default);
        await Should.ThrowAsync<InvalidOperationException>(() => Journal.AppendTurnAsync("run", 1, 1, "[]", "other", default));
        (await Journal.OpenAsync("run", 1, default)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task AppendTurn_WithoutItsResponse_IsRefused() =>
        await Should.ThrowAsync<InvalidOperationException>(() => Journal.AppendTurnAsync("run", 1, 1, "[]", null, default));

    [Fact]
    public async Task Open_ManyAttemptsAtOnce_TheNewestOwnsTheRun()
    {
        await Task.WhenAll(Enumerable.Range(1, 20).Select(attempt => Task.Run(async () =>
        {
            try
            {
                await Journal.OpenAsync("run", attempt, default);
            }
            catch (JournalFencedException)
            {
                // Overtaken.
            }
        })));
        await Should.ThrowAsync<JournalFencedException>(() => Journal.OpenAsync("run", 19, default));
        await Journal.OpenAsync("run", 20, default);
    }
}
