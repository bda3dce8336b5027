using System.Text;
using System.Buffers.Binary;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using Dapper;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage.Tests;

/// <summary>The one writer: groups, refusals, cancelling, a full disk, another process.</summary>
public sealed class SqliteWriterTests : IDisposable
{
    private readonly SqliteFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Add_MixedRepeatsThatWaitTogether_IsOneDeliveryEachInOneCommit()
    {
        var inbox = new Inbox(_fixture.Database, SqliteFixture.Cipher);
        await inbox.AddAsync(Delivery("d0"), default);
        using var hold = new Hold(_fixture.Database);
        var commits = Commits();
        var adding = Enumerable.Range(0, 60).Select(i => inbox.AddAsync(Delivery($"d{i % 13}"), default)).ToList();
        var marking = inbox.MarkDoneAsync([new("d1", "ignored"), new("d0", "ignored")], default);
        hold.Release();

        var isNew = await Task.WhenAll(adding);
        await marking;
        isNew.ShouldBe(Enumerable.Range(0, 60).Select(i => i is > 0 and < 13));
        (Commits() - commits).ShouldBe(1, "what the holder wrote is nothing, and all the rest waited for it");
        (await PendingAsync(inbox)).ShouldBe(Enumerable.Range(2, 11).Select(i => $"d{i}"));
    }

    [Fact]
    public async Task Write_RefusedInTheMiddleOfAGroup_IsUndoneAloneAndToldAlone()
    {
        var inbox = new Inbox(_fixture.Database, SqliteFixture.Cipher);
        using var hold = new Hold(_fixture.Database);
        var before = inbox.AddAsync(Delivery("before"), default);
        var thrown = _fixture.Database.WriteAsync<int>(
            connection => connection.Execute(Insert("half done", 90)) > 0 ? throw new InvalidDataException("on second thought") : 0, default);
        var constraint = _fixture.Database.WriteAsync(connection => connection.Execute(Insert("also half done", 91)) + connection.Execute(Insert("null", null)), default);
        var after = inbox.AddAsync(Delivery("after"), default);
        hold.Release();

        (await before).ShouldBeTrue();
        (await after).ShouldBeTrue();
        (await Should.ThrowAsync<InvalidDataException>(thrown)).Message.ShouldBe("on second thought");
        (await Should.ThrowAsync<SqliteException>(constraint)).SqliteErrorCode.ShouldBe(19);
        (await PendingAsync(inbox)).ShouldBe(["before", "after"]);
    }

    [Fact]
    public async Task Write_CancelledBeforeItsGroupBegins_IsDropped()
    {
        var inbox = new Inbox(_fixture.Database, SqliteFixture.Cipher);
        using var cancel = new CancellationTokenSource();
        using var hold = new Hold(_fixture.Database);
        var dropped = inbox.AddAsync(Delivery("dropped"), cancel.Token);
        var kept = inbox.AddAsync(Delivery("kept"), default);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(dropped);
        hold.Release();
        await kept;
        (await PendingAsync(inbox)).ShouldBe(["kept"]);
        await Should.ThrowAsync<OperationCanceledException>(inbox.AddAsync(Delivery("never"), cancel.Token));
    }

    [Fact]
    public async Task Write_CancelledWhileItIsWritten_IsToldTheTruth()
    {
        using var cancel = new CancellationTokenSource();
        using var hold = new Hold(_fixture.Database, Insert("held", 1), cancel.Token);
        await cancel.CancelAsync();
        hold.Release();
        (await hold.Written).ShouldBe(1);
        (await PendingAsync(new Inbox(_fixture.Database, SqliteFixture.Cipher))).ShouldBe(["held"]);
    }

    [Fact]
    public async Task Dispose_WithSomeWaiting_WritesThemFirstAndTakesNoMore()
    {
        var database = await SqliteDatabase.OpenAsync(_fixture.Path, default);
        var inbox = new Inbox(database, SqliteFixture.Cipher);
        using var hold = new Hold(database);
        // More than may wait: the last stand outside, and are refused or written, but told.
        var adding = Enumerable.Range(0, 1100).Select(i => inbox.AddAsync(Delivery($"d{i}"), default)).ToList();
        var disposing = Task.Run(database.Dispose);
        hold.Release();
        await disposing;

        var told = await Task.WhenAll(adding.Select(async add =>
        {
            try
            {
                return await add;
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
        }));
        told.Take(1000).ShouldAllBe(isNew => isNew);
        var pending = await PendingAsync(new Inbox(_fixture.Database, SqliteFixture.Cipher));
        pending.ShouldBe(Enumerable.Range(0, 1100).Where(i => told[i]).Select(i => $"d{i}"), ignoreOrder: true);
        await Should.ThrowAsync<ObjectDisposedException>(() => inbox.AddAsync(Delivery("late"), default));
    }

    [Fact]
    public async Task Write_WhileAnotherProcessWrites_WaitsForIt()
    {
        var inbox = new Inbox(_fixture.Database, SqliteFixture.Cipher);
        using var other = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _fixture.Path, Pooling = false }.ToString());
        other.Open();
        other.Execute("BEGIN IMMEDIATE");
        other.Execute(Insert("theirs", 1));
        var adding = Enumerable.Range(0, 20).Select(i => inbox.AddAsync(Delivery($"d{i}"), default)).ToList();
        (await PendingAsync(inbox)).ShouldBeEmpty("readers wait for nobody");
        other.Execute("COMMIT");
        (await Task.WhenAll(adding)).ShouldAllBe(isNew => isNew);
        (await PendingAsync(inbox)).Count.ShouldBe(21);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Write_WhileAnotherProcessHoldsTheFileForGood_IsRefusedToAllAndLaterDone()
    {
        var inbox = new Inbox(_fixture.Database, SqliteFixture.Cipher);
        using (var other = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _fixture.Path, Pooling = false }.ToString()))
        {
            other.Open();
            other.Execute("BEGIN IMMEDIATE");
            foreach (var adding in Enumerable.Range(0, 5).Select(i => inbox.AddAsync(Delivery($"d{i}"), default)).ToList())
                (await Should.ThrowAsync<SqliteException>(adding)).SqliteErrorCode.ShouldBe(5);
        }

        (await inbox.AddAsync(Delivery("d0"), default)).ShouldBeTrue();
        (await PendingAsync(inbox)).ShouldBe(["d0"]);
    }

    [Fact]
    public async Task Add_DiskFull_IsRefusedToThoseWithoutRoomOnlyAndLaterAccepted()
    {
        using var database = await SqliteDatabase.OpenAsync(_fixture.Path, default, maxBytes: 1 << 20);
        var inbox = new Inbox(database, SqliteFixture.Cipher);
        using var hold = new Hold(database);
        var fits = inbox.AddAsync(Delivery("fits", 100_000), default);
        var tooLarge = inbox.AddAsync(Delivery("too large", 2_000_000), default);
        var alsoFits = inbox.AddAsync(Delivery("also fits", 600_000), default);
        var oneTooMany = inbox.AddAsync(Delivery("one too many", 600_000), default);
        hold.Release();

        (await fits).ShouldBeTrue();
        (await alsoFits).ShouldBeTrue();
        (await Should.ThrowAsync<SqliteException>(tooLarge)).SqliteErrorCode.ShouldBe(13);
        (await Should.ThrowAsync<SqliteException>(oneTooMany)).SqliteErrorCode.ShouldBe(13);
        (await PendingAsync(inbox)).ShouldBe(["fits", "also fits"]);

        await inbox.MarkDoneAsync([new("also fits", "ignored")], default);
        (await inbox.AddAsync(Delivery("one too many", 600_000), default)).ShouldBeTrue();
        (await PendingAsync(inbox)).ShouldBe(["fits", "one too many"]);
    }

    /// <summary>Rounds of what may wait together; then the file is opened anew and must hold what was acknowledged, and nothing else.</summary>
    [Fact]
    public void Write_AnyInterleaving_WhatWasAcknowledgedIsThereAndNothingElse() =>
        Prop.ForAll(Rounds, rounds => PlayAsync(rounds).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (6, from id in Gen.Choose(0, 9) from kilobytes in Gen.Elements(1, 1, 12, 90) from isCancelled in Gen.Elements(false, false, true) select (Step)new Step.Add(id, kilobytes, isCancelled)),
        (3, from ids in Gen.Choose(0, 9).ListOf() select (Step)new Step.Done([.. ids.Distinct()])),
        (1, from id in Gen.Choose(0, 9) select (Step)new Step.Refused(id)));

    private static readonly Arbitrary<Step[][]> Rounds =
        (from rounds in AnyStep.ListOf().Select(steps => steps.ToArray()).ListOf() select rounds.Take(5).ToArray()).ToArbitrary();

    private static async Task PlayAsync(Step[][] rounds)
    {
        using var fixture = new SqliteFixture();
        var model = new Dictionary<string, bool>(StringComparer.Ordinal);
        // Small enough that some of the large ones find no room.
        using (var database = await SqliteDatabase.OpenAsync(fixture.Path, default, maxBytes: 350_000))
        {
            var inbox = new Inbox(database, SqliteFixture.Cipher);
            foreach (var round in rounds)
            {
                using var cancel = new CancellationTokenSource();
                using var hold = new Hold(database);
                // In the order in which they are asked they are written.
                var told = round.Select(step => (step, step switch
                {
                    Step.Add add => Told(inbox.AddAsync(Delivery($"d{add.Id}", add.Kilobytes * 1000), add.IsCancelled ? cancel.Token : default)),
                    Step.Done done => Told(MarkAsync(inbox, done)),
                    Step.Refused refused => Told(database.WriteAsync<bool>(
                        connection => connection.Execute($"DELETE FROM inbox WHERE id = 'd{refused.Id}'; {Insert($"x{refused.Id}", 1_000_000)}") > 0 ? throw new InvalidDataException() : false, default)),
                    _ => throw new InvalidOperationException(),
                })).ToList();
                await cancel.CancelAsync();
                hold.Release();
                foreach (var (step, telling) in told)
                    Follow(model, step, await telling);
            }
        }

        using var reopened = await SqliteDatabase.OpenAsync(fixture.Path, default);
        await using var reader = reopened.OpenReader();
        reader.Query<(string Id, bool IsDone)>("SELECT id, outcome IS NOT NULL FROM inbox").ToDictionary(row => row.Id, row => row.IsDone).ShouldBe(model, ignoreOrder: true);
    }

    // The model goes by what callers were told: new, known, or refused.
    private static void Follow(Dictionary<string, bool> model, Step step, bool? told)
    {
        switch (step)
        {
            case Step.Add { IsCancelled: true } or Step.Refused:
                told.ShouldBeNull();
                break;
            case Step.Add add when told is { } isNew:
                model.TryAdd($"d{add.Id}", false).ShouldBe(isNew);
                break;
            case Step.Done done when told is not null:
                foreach (var id in done.Ids.Select(id => $"d{id}").Where(model.ContainsKey))
                    model[id] = true;
                break;
        }
    }

    private static async Task<bool?> Told(Task<bool> writing)
    {
        try
        {
            return await writing;
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidDataException or SqliteException { SqliteErrorCode: 13 })
        {
            return null;
        }
    }

    private static async Task<bool> MarkAsync(Inbox inbox, Step.Done done)
    {
        await inbox.MarkDoneAsync([.. done.Ids.Select(id => new InboxDelivery.Outcome($"d{id}", "ignored"))], default);
        return true;
    }

    // Each with a body of its own: the same one would be a repeat.
    private static InboxDelivery Delivery(string id, int bytes = 2) =>
        new(id, ForgeKind.GitHub, "issues", Encoding.UTF8.GetBytes(id.PadRight(bytes)), DateTimeOffset.FromUnixTimeMilliseconds(1_763_800_000_123));

    private static string Insert(string id, int? sequence) =>
        $"INSERT INTO inbox (id, seq, forge, event_name, body, received_at) VALUES ('{id}', {sequence?.ToString() ?? "NULL"}, 'GitHub', 'issues', x'', 0)";

    private static async Task<List<string>> PendingAsync(Inbox inbox)
    {
        var all = new List<string>();
        var after = 0L;
        while (await inbox.ListPendingAsync(after, 500, default) is { Count: > 0 } page)
        {
            all.AddRange(page.Select(delivery => delivery.Id));
            after = page[^1].Sequence;
        }

        return all;
    }

    // Frames of the write-ahead log that end a transaction (sqlite.org/fileformat2.html: a header of 32 bytes, then frames of 24 and a page;
    // the second word of a frame is not zero where a commit ends).
    private int Commits()
    {
        using var log = new FileStream(_fixture.Path + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        log.CopyTo(copy);
        var bytes = copy.ToArray();
        var commits = 0;
        for (var frame = 32; frame + 24 + 4096 <= bytes.Length; frame += 24 + 4096)
            commits += BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(frame + 4)) != 0 ? 1 : 0;
        return commits;
    }

    private abstract record Step
    {
        public sealed record Add(int Id, int Kilobytes, bool IsCancelled) : Step;

        public sealed record Done(int[] Ids) : Step;

        public sealed record Refused(int Id) : Step;
    }

    /// <summary>A write that has begun and does not end until it is released: what is asked for meanwhile waits together.</summary>
    private sealed class Hold : IDisposable
    {
        private readonly ManualResetEventSlim _begun = new();
        private readonly ManualResetEventSlim _released = new();

        public Hold(SqliteDatabase database, string sql = "SELECT 1", CancellationToken cancellationToken = default)
        {
            Written = database.WriteAsync(
                connection =>
                {
                    _begun.Set();
                    _released.Wait(CancellationToken.None);
                    return connection.Execute(sql);
                },
                cancellationToken);
            _begun.Wait(CancellationToken.None);
        }

        public Task<int> Written { get; }

        public void Release() => _released.Set();

        public void Dispose()
        {
            // Else a failed test would wait for ever for its database to close.
            _released.Set();
            Written.Wait();
            _begun.Dispose();
            _released.Dispose();
        }
    }
}
