using System.Collections.Concurrent;
using System.Net;
using System.Text;
using CodingAgent.Storage;
using Dapper;

namespace CodingAgent.BotHost.Tests.Commands;

public sealed class ServeKillTests : IDisposable
{
    private const int KillAfter = 150;

    // Stored and passed over by the dispatcher, so that marks are in flight too.
    private static readonly byte[] Body = Encoding.UTF8.GetBytes($$$"""
        {"action":"opened","issue":{"number":12,"body":"{{{new string('x', 12_000)}}}","node_id":"{{{Guid.Empty}}}"},"repository":{"full_name":"octo/hello"},"sender":{"login":"mona","id":1,"type":"User"}}
        """);

    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Serve_KilledUnderLoad_HasEachDeliveryItAnsweredWholeOrDone()
    {
        var accepted = new ConcurrentQueue<string>();
        // What is left of one life is found by the next.
        for (var life = 0; life < 3; life++)
            await LiveAndDieAsync(accepted);

        accepted.Count.ShouldBeGreaterThanOrEqualTo(3 * KillAfter);
        using var database = await SqliteDatabase.OpenAsync(Path.Combine(_program.Folder, "data", "bot.db"), default);
        await using var reader = database.OpenReader();
        var rows = reader.Query<(string Id, long Bytes, string? Outcome)>("SELECT id, LENGTH(body), outcome FROM inbox").ToDictionary(row => row.Id);
        accepted.Where(id => !rows.ContainsKey(id)).ShouldBeEmpty();
        rows.Values.ShouldAllBe(row => row.Bytes == (row.Outcome == null ? Body.Length + PayloadCipher.Overhead : 0));
    }

    private async Task LiveAndDieAsync(ConcurrentQueue<string> accepted)
    {
        using var service = _program.Start("serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", "data");
        using var http = new HttpClient { BaseAddress = new Uri(await service.LineAfterAsync("Now listening on: ")) };
        var enough = accepted.Count + KillAfter;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (await DeliverAsync(http) is { } id)
            {
                accepted.Enqueue(id);
                // SIGKILL, with seven others on their way.
                if (accepted.Count >= enough)
                    service.Kill();
            }
        })));
        await service.EndAsync();
    }

    // Equal bodies would be repeats of one.
    private static byte[] BodyOf(string id) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Body).Replace(Guid.Empty.ToString(), id, StringComparison.Ordinal));

    // The id when it was accepted; null when nobody is there any more.
    private async Task<string?> DeliverAsync(HttpClient http)
    {
        var id = Guid.NewGuid().ToString();
        try
        {
            (await _program.DeliverAsync(http, id, BodyOf(id))).ShouldBe(HttpStatusCode.Accepted);
            return id;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
