using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Ports;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Bench;

/// <summary>The store alone: what sharing commits brings to eight who write at once.</summary>
internal static class InboxBench
{
    public const string Name = "inbox";
    private const int Writers = 8;
    private const int Each = 20;

    public static async Task<Comparison[]> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-bench-").FullName;
        var body = new byte[12_000];
        new Random(12).NextBytes(body);
        try
        {
            using var database = await SqliteDatabase.OpenAsync(Path.Combine(folder, "ours.db"), CancellationToken.None);
            var inbox = new Inbox(database, new PayloadCipher(new byte[PayloadCipher.KeySize]));
            using var single = new SingleCommits(Path.Combine(folder, "single.db"));
            var comparison = new Comparison(Name, $"{Writers} at once put {Each} deliveries each into the inbox", "one open connection, one prepared insert, a commit for each", Limit: 0.7);
            await comparison.MeasureAsync(
                () => AllAsync(() => inbox.AddAsync(new InboxDelivery(Guid.NewGuid().ToString(), ForgeKind.GitHub, "issues", Another(body), DateTimeOffset.UnixEpoch), CancellationToken.None)),
                () => AllAsync(() => single.AddAsync(Guid.NewGuid().ToString(), body)),
                warmUp: 10, rounds: 100, TimeSpan.FromSeconds(60));
            return [comparison];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task AllAsync(Func<Task> add) => Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
    {
        for (var i = 0; i < Each; i++)
            await add();
    })));

    // The same body again would be a repeat.
    private static byte[] Another(byte[] body) => [.. Guid.NewGuid().ToByteArray(), .. body.AsSpan(16)];

    // No checks, no repeats told apart, no second writer.
    private sealed class SingleCommits : IDisposable
    {
        private readonly SemaphoreSlim _writer = new(1);
        private readonly SqliteConnection _connection;
        private readonly SqliteCommand _insert;

        public SingleCommits(string path)
        {
            _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
            _connection.Open();
            using var setUp = _connection.CreateCommand();
            setUp.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE inbox (id TEXT NOT NULL PRIMARY KEY, body BLOB NOT NULL)";
            setUp.ExecuteNonQuery();
            _insert = _connection.CreateCommand();
            _insert.CommandText = "INSERT INTO inbox (id, body) VALUES ($id, $body)";
            _insert.Parameters.Add("$id", SqliteType.Text);
            _insert.Parameters.Add("$body", SqliteType.Blob);
            _insert.Prepare();
        }

        public async Task AddAsync(string id, byte[] body)
        {
            await _writer.WaitAsync();
            try
            {
                _insert.Parameters[0].Value = id;
                _insert.Parameters[1].Value = body;
                _insert.ExecuteNonQuery();
            }
            finally
            {
                _writer.Release();
            }
        }

        public void Dispose()
        {
            _insert.Dispose();
            _connection.Dispose();
            _writer.Dispose();
        }
    }
}
