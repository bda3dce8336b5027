using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Bench;

/// <summary>
/// The least that deserves a 202: verify the signature, put the bytes on disk (WAL, <c>synchronous=FULL</c>) over one open connection with
/// one prepared statement. No checks, no repeats told apart, no second writer.
/// </summary>
internal sealed class BareInbox : IDisposable
{
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(Delivery.Secret);
    private readonly SemaphoreSlim _writer = new(1);
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;

    public BareInbox(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path }.ToString());
        _connection.Open();
        using var setUp = _connection.CreateCommand();
        setUp.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE inbox (id TEXT NOT NULL PRIMARY KEY, event TEXT NOT NULL, body BLOB NOT NULL)";
        setUp.ExecuteNonQuery();
        _insert = _connection.CreateCommand();
        _insert.CommandText = "INSERT INTO inbox (id, event, body) VALUES ($id, $event, $body)";
        _insert.Parameters.Add("$id", SqliteType.Text);
        _insert.Parameters.Add("$event", SqliteType.Text);
        _insert.Parameters.Add("$body", SqliteType.Blob);
        _insert.Prepare();
    }

    public void Map(WebApplication app) => app.MapPost(Delivery.Path, (RequestDelegate)HandleAsync);

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        var given = context.Request.Headers["X-Hub-Signature-256"].ToString();
        var expected = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(_secret, bytes));
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(given)))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        await _writer.WaitAsync();
        try
        {
            _insert.Parameters["$id"].Value = context.Request.Headers["X-GitHub-Delivery"].ToString();
            _insert.Parameters["$event"].Value = context.Request.Headers["X-GitHub-Event"].ToString();
            _insert.Parameters["$body"].Value = bytes;
            _insert.ExecuteNonQuery();
        }
        finally
        {
            _writer.Release();
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _connection.Dispose();
        _writer.Dispose();
    }
}
