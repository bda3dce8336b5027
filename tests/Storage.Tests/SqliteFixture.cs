using CodingAgent.Agents.Journal;
using CodingAgent.Mcp;
using CodingAgent.Workflows.Ports;
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
