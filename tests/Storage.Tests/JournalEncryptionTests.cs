using System.Text;

namespace CodingAgent.Storage.Tests;

public sealed class JournalEncryptionTests : IDisposable
{
    private readonly SqliteFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Append_Payloads_AreNotOnDiskInTheClear()
    {
        var journal = new AgentJournal(_fixture.Database, new PayloadCipher(SqliteFixture.Key));
        await journal.AppendResponseAsync("run", 1, 1, "{\"text\":\"a very secret response\"}", default);
        await journal.AppendTurnAsync("run", 1, 1, "[\"a very secret output\"]", null, default);
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(_fixture.Path)!))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            Encoding.Latin1.GetString(copy.ToArray()).ShouldNotContain("very secret");
        }
    }

    [Fact]
    public async Task Open_WithAnotherKey_SaysWhatToDo()
    {
        await new AgentJournal(_fixture.Database, new PayloadCipher(SqliteFixture.Key)).AppendResponseAsync("run", 1, 1, "{}", default);
        var other = new AgentJournal(_fixture.Database, new PayloadCipher(new byte[32]));
        (await Should.ThrowAsync<StorageException>(() => other.OpenAsync("run", 2, default))).Message.ShouldContain("another storage key");
    }

    [Fact]
    public async Task Open_PayloadMovedToAnotherTurn_IsRefused()
    {
        var journal = new AgentJournal(_fixture.Database, new PayloadCipher(SqliteFixture.Key));
        await journal.AppendResponseAsync("run", 1, 1, "{\"r\":1}", default);
        await journal.AppendResponseAsync("run", 1, 2, "{\"r\":2}", default);
        _fixture.Tamper("UPDATE journal_turns SET response = (SELECT response FROM journal_turns WHERE turn = 1) WHERE turn = 2");
        (await Should.ThrowAsync<StorageException>(() => journal.OpenAsync("run", 1, default))).Message.ShouldContain("changed after it was written");
    }

    [Fact]
    public void Cipher_KeyOfAnotherLength_IsRefused() => Should.Throw<StorageException>(() => new PayloadCipher(new byte[16])).Message.ShouldContain("16 bytes");

    [Fact]
    public void KeyFile_FirstUse_IsMadeOnceAndPrivate()
    {
        var path = _fixture.Path + ".key";
        var keys = Enumerable.Range(0, 8).AsParallel().Select(_ => StorageKeyFile.ReadOrCreate(path)).ToList();
        keys.ShouldAllBe(key => key.SequenceEqual(keys[0]) && key.Length == PayloadCipher.KeySize);
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(path, "broken");
        Should.Throw<StorageException>(() => StorageKeyFile.ReadOrCreate(path)).Message.ShouldContain(path);
    }
}
