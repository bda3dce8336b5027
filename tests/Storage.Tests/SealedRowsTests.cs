using System.Security.Cryptography;
using System.Text;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.Storage.Tests;

/// <summary>What lies in the database while its keys change, and when somebody else changes it.</summary>
public sealed class SealedRowsTests : IDisposable
{
    private static readonly byte[] NewKey = [.. SqliteFixture.Key.Select(b => (byte)(b ^ 0xff))];
    private static readonly PayloadCipher Both = new([NewKey, SqliteFixture.Key]);
    private static readonly PayloadCipher NewAlone = new(NewKey);

    private readonly SqliteFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Artifact_Stored_IsNeitherOnDiskInTheClearNorFoundByItsHash()
    {
        var content = "a very secret patch"u8.ToArray();
        var id = await Artifacts(SqliteFixture.Cipher).PutAsync(content, default);

        (await Artifacts(SqliteFixture.Cipher).GetAsync(id, default)).ShouldBe(content);
        _fixture.OnDisk().ShouldNotContain("very secret");
        _fixture.OnDisk().ShouldNotContain(Convert.ToHexStringLower(SHA256.HashData(content)), Case.Insensitive, "who has the folder must not confirm what it holds");
    }

    [Fact]
    public async Task Delivery_Stored_IsNotOnDiskInTheClear()
    {
        await Inbox(SqliteFixture.Cipher).AddAsync(Delivery("a", "{\"body\":\"a very secret comment\"}"), default);
        _fixture.OnDisk().ShouldNotContain("very secret");
    }

    [Fact]
    public async Task Rows_FromBeforeSealing_AreReadAsTheyAre()
    {
        var content = "from before"u8.ToArray();
        var id = InsertOldRows(content);

        (await Artifacts(SqliteFixture.Cipher).GetAsync(id, default)).ShouldBe(content);
        Encoding.UTF8.GetString((await Inbox(SqliteFixture.Cipher).ListPendingAsync(0, 10, default)).ShouldHaveSingleItem().Body.Span).ShouldBe("{}");
    }

    [Fact]
    public async Task Artifact_ReplacedByOneInTheClear_IsRefused()
    {
        var artifacts = Artifacts(SqliteFixture.Cipher);
        var id = await artifacts.PutAsync("good"u8.ToArray(), default);
        _fixture.Tamper("UPDATE artifacts SET content = x'6576696c', key_id = NULL");
        (await Should.ThrowAsync<StorageException>(() => artifacts.GetAsync(id, default))).Message.ShouldContain(id);
    }

    [Fact]
    public async Task Artifact_MovedOrChangedOrOfAnotherKey_IsRefusedInOneLine()
    {
        var artifacts = Artifacts(SqliteFixture.Cipher);
        var one = await artifacts.PutAsync("one"u8.ToArray(), default);
        var two = await artifacts.PutAsync("two"u8.ToArray(), default);
        (await Should.ThrowAsync<MissingKeyException>(() => Artifacts(NewAlone).GetAsync(one, default))).Message.ShouldNotContain("\n");
        _fixture.Tamper($"UPDATE artifacts SET content = (SELECT content FROM artifacts WHERE id = '{one}') WHERE id = '{two}'");
        (await Should.ThrowAsync<StorageException>(() => artifacts.GetAsync(two, default))).Message.ShouldContain("changed after it was written");
    }

    [Theory]
    [InlineData("UPDATE inbox SET body = (SELECT body FROM inbox WHERE id = 'a') WHERE id = 'b'")]
    [InlineData("UPDATE inbox SET event_name = 'issue_comment' WHERE id = 'b'")]
    [InlineData("UPDATE inbox SET body = x'01' WHERE id = 'b'")]
    public async Task Delivery_ThatSomebodyChanged_IsNamedAndHoldsUpNoOther(string change)
    {
        var inbox = Inbox(SqliteFixture.Cipher);
        foreach (var id in (string[])["a", "b", "c"])
            await inbox.AddAsync(Delivery(id, $"\"{id}\""), default);
        _fixture.Tamper(change);

        var page = await inbox.ListPendingAsync(0, 10, default);

        page.Select(d => d.Id).ShouldBe(["a", "b", "c"]);
        page.Select(d => d.Damage is null).ShouldBe([true, false, true]);
        page[1].Body.Length.ShouldBe(0);
    }

    [Fact]
    public async Task Deliveries_WithoutTheirKey_Wait()
    {
        await Inbox(SqliteFixture.Cipher).AddAsync(Delivery("a", "{}"), default);
        await Should.ThrowAsync<MissingKeyException>(() => Inbox(NewAlone).ListPendingAsync(0, 10, default));
        (await Inbox(Both).ListPendingAsync(0, 10, default)).ShouldHaveSingleItem().Damage.ShouldBeNull();
    }

    [Fact]
    public async Task Unreadable_SealedBody_IsToldWithItsOwnSize()
    {
        var inbox = Inbox(SqliteFixture.Cipher);
        await inbox.AddAsync(Delivery("a", "[1,2]"), default);
        await inbox.MarkUnreadableAsync("a", "an array", default);
        (await inbox.ListUnreadableAsync(1, default)).ShouldHaveSingleItem().Bytes.ShouldBe(5);
    }

    [Fact]
    public async Task Register_KeyThatSealedBeforeIsMissing_StopsWithItsId()
    {
        await new SealedRows(_fixture.Database, SqliteFixture.Cipher).RegisterAsync(default);
        (await Should.ThrowAsync<MissingKeyException>(() => new SealedRows(_fixture.Database, NewAlone).RegisterAsync(default)))
            .Message.ShouldContain(SqliteFixture.Cipher.WritingKeyId);
        await new SealedRows(_fixture.Database, Both).RegisterAsync(default);
    }

    [Fact]
    public async Task Reseal_EverythingOfAnOlderKeyAndOfNone_OpensWithTheNewKeyAlone()
    {
        var content = "from before"u8.ToArray();
        var before = InsertOldRows(content);
        var journal = new AgentJournal(_fixture.Database, SqliteFixture.Cipher);
        for (var turn = 1; turn <= 20; turn++)
        {
            await journal.AppendResponseAsync("run", 1, turn, $"{{\"turn\":{turn}}}", default);
            if (turn < 20)
                await journal.AppendTurnAsync("run", 1, turn, "[]", "tree", default);
        }

        var ids = new List<string>();
        for (var i = 0; i < 40; i++)
            ids.Add(await Artifacts(SqliteFixture.Cipher).PutAsync(BitConverter.GetBytes(i), default));
        await Inbox(SqliteFixture.Cipher).AddAsync(Delivery("b", "{\"b\":1}"), default);
        await new SealedRows(_fixture.Database, SqliteFixture.Cipher).RegisterAsync(default);
        var rows = new SealedRows(_fixture.Database, Both);
        await rows.RegisterAsync(default);
        (await rows.ListAsync(default)).Select(u => (u.KeyId, u.Values)).ShouldBe([(null, 2), (SqliteFixture.Cipher.WritingKeyId, 20 + 19 + 40 + 1)], ignoreOrder: true);

        (await rows.ResealAsync(default)).ShouldBe(20 + 41 + 2);

        (await rows.ResealAsync(default)).ShouldBe(0);
        (await rows.ListAsync(default)).ShouldHaveSingleItem().KeyId.ShouldBe(NewAlone.WritingKeyId);
        await new SealedRows(_fixture.Database, NewAlone).RegisterAsync(default);
        (await new AgentJournal(_fixture.Database, NewAlone).OpenAsync("run", 2, default)).Count.ShouldBe(20);
        (await Artifacts(NewAlone).GetAsync(before, default)).ShouldBe(content);
        for (var i = 0; i < 40; i++)
            (await Artifacts(NewAlone).GetAsync(ids[i], default)).ShouldBe(BitConverter.GetBytes(i));
        (await Inbox(NewAlone).ListPendingAsync(0, 10, default)).Select(d => Encoding.UTF8.GetString(d.Body.Span)).ShouldBe(["{}", "{\"b\":1}"]);
    }

    // As the schema before sealing left them.
    private string InsertOldRows(byte[] content)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(content));
        _fixture.Tamper($"INSERT INTO artifacts (id, size, content) VALUES ('{id}', {content.Length}, x'{Convert.ToHexString(content)}')");
        _fixture.Tamper("INSERT INTO inbox (id, seq, forge, event_name, body, received_at) VALUES ('old', 1, 'GitHub', 'issues', CAST('{}' AS BLOB), 0)");
        return id;
    }

    private ArtifactStore Artifacts(PayloadCipher cipher) => new(_fixture.Database, cipher);

    private Inbox Inbox(PayloadCipher cipher) => new(_fixture.Database, cipher);

    private static InboxDelivery Delivery(string id, string body) => new(id, ForgeKind.GitHub, "issues", Encoding.UTF8.GetBytes(body), DateTimeOffset.UnixEpoch);
}
