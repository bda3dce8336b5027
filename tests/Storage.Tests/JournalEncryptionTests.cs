namespace CodingAgent.Storage.Tests;

public sealed class JournalEncryptionTests : IDisposable
{
    private readonly SqliteFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Append_Payloads_AreNotOnDiskInTheClear()
    {
        var journal = new AgentJournal(_fixture.Database, SqliteFixture.Cipher);
        await journal.AppendResponseAsync("run", 1, 1, "{\"text\":\"a very secret response\"}", default);
        await journal.AppendTurnAsync("run", 1, 1, "[\"a very secret output\"]", null, default);
        _fixture.OnDisk().ShouldNotContain("very secret");
    }

    [Fact]
    public async Task Open_WithAnotherKey_SaysWhatToDo()
    {
        await new AgentJournal(_fixture.Database, SqliteFixture.Cipher).AppendResponseAsync("run", 1, 1, "{}", default);
        var other = new AgentJournal(_fixture.Database, new PayloadCipher(new byte[32]));
        (await Should.ThrowAsync<MissingKeyException>(() => other.OpenAsync("run", 2, default))).Message.ShouldContain($"another storage key ({SqliteFixture.Cipher.WritingKeyId})");
    }

    [Fact]
    public async Task Open_PayloadMovedToAnotherTurn_IsRefused()
    {
        var journal = new AgentJournal(_fixture.Database, SqliteFixture.Cipher);
        await journal.AppendResponseAsync("run", 1, 1, "{\"r\":1}", default);
        await journal.AppendResponseAsync("run", 1, 2, "{\"r\":2}", default);
        _fixture.Tamper("UPDATE journal_turns SET response = (SELECT response FROM journal_turns WHERE turn = 1) WHERE turn = 2");
        (await Should.ThrowAsync<StorageException>(() => journal.OpenAsync("run", 1, default))).Message.ShouldContain("changed after it was written");
    }
}
