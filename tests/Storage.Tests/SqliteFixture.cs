using CodingAgent.Agents.Journal;
using CodingAgent.Mcp;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage.Tests;

/// <summary>A database in a folder of its own, gone after the test.</summary>
internal sealed class SqliteFixture : IDisposable
{
    public static readonly byte[] Key = [.. Enumerable.Range(0, PayloadCipher.KeySize).Select(i => (byte)i)];

    private readonly string _folder = Directory.CreateTempSubdirectory("storage-tests-").FullName;

    public SqliteFixture() => Database = SqliteDatabase.OpenAsync(Path, default).GetAwaiter().GetResult();

    /// <summary>Seals with the fixture's key.</summary>
    public static PayloadCipher Cipher { get; } = new(Key);

    public string Path => System.IO.Path.Combine(_folder, "state.db");

    public SqliteDatabase Database { get; }

    /// <summary>What another program may do to the file.</summary>
    public void Tamper(string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Pooling = false }.ToString());
        connection.Execute(sql);
    }

    /// <summary>All that lies on disk of it, byte for byte, with the -wal.</summary>
    public string OnDisk() => string.Concat(Directory.GetFiles(_folder).Select(file =>
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return System.Text.Encoding.Latin1.GetString(copy.ToArray());
    }));

    public void Dispose()
    {
        Database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

public sealed class SqliteInboxTests : InboxContract, IDisposable
{
    private readonly SqliteFixture _fixture = new();

    protected override IInbox Inbox => new Inbox(_fixture.Database, SqliteFixture.Cipher);

    public void Dispose() => _fixture.Dispose();
}

public sealed class SqliteLinkStoreTests : LinkStoreContract, IDisposable
{
    private readonly SqliteFixture _fixture = new();

    protected override ILinkStore Links => new LinkStore(_fixture.Database);

    public void Dispose() => _fixture.Dispose();
}

public sealed class SqliteTaskProjectionTests : TaskProjectionContract, IDisposable
{
    private readonly SqliteFixture _fixture = new();

    protected override ITaskProjection Tasks => new TaskProjection(_fixture.Database);

    [Fact]
    public async Task Find_RowOfAnEarlierRelease_HasWhatItHadAndNothingOfWhatWasKeptLater()
    {
        const string Row = """
            {"id":{"repo":{"forge":"GitHub","owner":"Octo","name":"Hello"},"kind":"Issue","key":"12"},"version":3,"runId":"r","kind":"Implement","state":"AwaitingReview","step":"","reason":"","title":"t",
            "requestedBy":"mona","issue":12,"pull":34,"branch":"b","headSha":"abc","inputTokens":1,"outputTokens":2,"costUsd":0.5,"createdAt":"2026-11-22T10:00:00+00:00","updatedAt":"2026-11-22T10:01:00+00:00"}
            """;
        await _fixture.Database.WriteAsync(
            c => c.Execute("INSERT INTO tasks (id, run_id, version, state, created_at, updated_at, summary) VALUES ('task/github:octo/hello/issue/12', 'r', 3, 'AwaitingReview', 1, 2, @Row)", new { Row }), default);

        var old = (await Tasks.FindAsync(TaskId.Parse("task/github:octo/hello/issue/12"), default)).ShouldNotBeNull();

        (old.Pull, old.PullUrl, old.PullIsDraft, old.Ci, old.CheckedTree).ShouldBe((34, null, null, CiVerdict.None, null));
        (old.Checks.Count, old.Risks.Count, old.CiRemarks.Count).ShouldBe((0, 0, 0));
        (await Tasks.ListAsync(new TaskQuery(5) { Repo = old.Repo, Kinds = [old.Kind], RequestedBy = "Mona" }, default)).ShouldHaveSingleItem();
    }

    public void Dispose() => _fixture.Dispose();
}

public sealed class SqliteAgentJournalTests : AgentJournalContract, IDisposable
{
    private readonly SqliteFixture _fixture = new();

    protected override IAgentJournal Journal => new AgentJournal(_fixture.Database, SqliteFixture.Cipher);

    public void Dispose() => _fixture.Dispose();
}

public sealed class SqliteArtifactStoreTests : ArtifactStoreContract, IDisposable
{
    private readonly SqliteFixture _fixture = new();

    protected override IArtifactStore Artifacts => new ArtifactStore(_fixture.Database, SqliteFixture.Cipher);

    public void Dispose() => _fixture.Dispose();
}

public sealed class SqliteStatementLogTests : StatementLogContract, IDisposable
{
    private readonly SqliteFixture _fixture = new();

    protected override IStatementLog Statements => new StatementLog(_fixture.Database);

    public void Dispose() => _fixture.Dispose();
}
