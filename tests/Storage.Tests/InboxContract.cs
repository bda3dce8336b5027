using System.Text;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.Storage.Tests;

/// <summary>What every inbox must do, on whichever engine.</summary>
public abstract class InboxContract
{
    protected abstract IInbox Inbox { get; }

    [Fact]
    public async Task Add_NewDelivery_ComesBackPendingAsItWas()
    {
        var delivery = Delivery("a", "{\"x\":\"ü\"}") with { TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
        (await Inbox.AddAsync(delivery, default)).ShouldBeTrue();

        var pending = (await Inbox.ListPendingAsync(0, 10, default)).ShouldHaveSingleItem();
        pending.Id.ShouldBe("a");
        pending.Forge.ShouldBe(ForgeKind.GitHub);
        pending.EventName.ShouldBe("issues");
        pending.Body.ToArray().ShouldBe(delivery.Body.ToArray());
        pending.ReceivedAt.ShouldBe(delivery.ReceivedAt);
        pending.Tries.ShouldBe(0);
        pending.Sequence.ShouldBeGreaterThan(0);
        pending.TraceParent.ShouldBe(delivery.TraceParent);
    }

    [Fact]
    public async Task Add_SameIdAgain_IsRefusedAlsoAfterDone()
    {
        await Inbox.AddAsync(Delivery("a"), default);
        (await Inbox.AddAsync(Delivery("a", "{\"other\":1}"), default)).ShouldBeFalse();
        await Inbox.MarkDoneAsync([new("a", "started")], default);
        (await Inbox.AddAsync(Delivery("a"), default)).ShouldBeFalse();
        (await Inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Add_SameBodyUnderAnotherId_IsRefusedAlsoAfterDone()
    {
        (await Inbox.AddAsync(Delivery("a", "{\"x\":1}"), default)).ShouldBeTrue();
        (await Inbox.AddAsync(Delivery("b", "{\"x\":1}") with { EventName = "pull_request" }, default)).ShouldBeFalse();
        (await Inbox.AddAsync(Delivery("b", "{\"x\":1} "), default)).ShouldBeTrue();
        await Inbox.MarkDoneAsync([new("a", "started")], default);
        (await Inbox.AddAsync(Delivery("c", "{\"x\":1}"), default)).ShouldBeFalse();
        await Inbox.MarkUnreadableAsync("b", "no", default);
        (await Inbox.AddAsync(Delivery("d", "{\"x\":1} "), default)).ShouldBeFalse();
        (await Inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Add_OneBodyUnderManyIdsAtOnce_StoresOne()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => Inbox.AddAsync(Delivery($"d{i}", "{}"), default))));
        added.Count(isNew => isNew).ShouldBe(1);
        (await Inbox.ListPendingAsync(0, 100, default)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task List_SeveralPages_KeepsTheOrderOfArrival()
    {
        foreach (var id in (string[])["z", "y", "x", "w", "v"])
            await Inbox.AddAsync(Delivery(id), default);
        await Inbox.MarkDoneAsync([new("y", "ignored")], default);

        var first = await Inbox.ListPendingAsync(0, 2, default);
        var second = await Inbox.ListPendingAsync(first[^1].Sequence, 2, default);
        first.Concat(second).Select(d => d.Id).ShouldBe(["z", "x", "w", "v"]);
        (await Inbox.ListPendingAsync(second[^1].Sequence, 2, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task MarkUnreadable_IsNoLongerPendingAndKept()
    {
        await Inbox.AddAsync(Delivery("a", "{\"x\":1}"), default);
        await Inbox.AddAsync(Delivery("b"), default);
        await Inbox.AddAsync(Delivery("c", "[]"), default);
        await Inbox.MarkDoneAsync([new("b", "started")], default);
        await Inbox.MarkUnreadableAsync("a", "no such number", default);
        await Inbox.MarkUnreadableAsync("c", "not an object", default);

        (await Inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
        (await Inbox.AddAsync(Delivery("a"), default)).ShouldBeFalse();
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1_763_800_000_123);
        (await Inbox.ListUnreadableAsync(10, default)).ShouldBe([
            new UnreadableDelivery("c", "issues", at, 2, "not an object"), new UnreadableDelivery("a", "issues", at, 7, "no such number")]);
        (await Inbox.ListUnreadableAsync(1, default)).ShouldHaveSingleItem().Id.ShouldBe("c");
    }

    [Fact]
    public async Task MarkDone_Several_TakesThemAllAndNoOther()
    {
        foreach (var id in (string[])["a", "b", "c"])
            await Inbox.AddAsync(Delivery(id), default);
        await Inbox.MarkDoneAsync([new("a", "started"), new("c", "ignored"), new("never came", "ignored")], default);
        await Inbox.MarkDoneAsync([], default);
        (await Inbox.ListPendingAsync(0, 10, default)).ShouldHaveSingleItem().Id.ShouldBe("b");
    }

    [Fact]
    public async Task MarkFailedTry_StaysPendingAndCounts()
    {
        await Inbox.AddAsync(Delivery("a"), default);
        await Inbox.MarkFailedTryAsync("a", "Temporal is away", default);
        await Inbox.MarkFailedTryAsync("a", "Temporal is away", default);
        (await Inbox.ListPendingAsync(0, 10, default)).ShouldHaveSingleItem().Tries.ShouldBe(2);
    }

    [Fact]
    public async Task Add_ManyAtOnce_LosesAndDoublesNone()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(() => Inbox.AddAsync(Delivery($"d{i % 30}"), default))));
        added.Count(isNew => isNew).ShouldBe(30);
        var pending = await Inbox.ListPendingAsync(0, 100, default);
        pending.Select(d => d.Id).Distinct().Count().ShouldBe(30);
        pending.Select(d => d.Sequence).ShouldBeInOrder();
    }

    [Fact]
    public async Task List_LargeBodies_PagesByBytesToo()
    {
        for (var i = 0; i < 4; i++)
            await Inbox.AddAsync(Delivery($"d{i}", $"{i}{new string(' ', 24 * 1024 * 1024)}"), default);
        var page = await Inbox.ListPendingAsync(0, 10, default);
        page.Count.ShouldBeInRange(1, 3);
        (await Inbox.ListPendingAsync(page[^1].Sequence, 10, default)).ShouldNotBeEmpty();
    }

    // Without a body named, one of its own.
    private static InboxDelivery Delivery(string id, string? body = null) =>
        new(id, ForgeKind.GitHub, "issues", Encoding.UTF8.GetBytes(body ?? $"{{\"id\":\"{id}\"}}"), DateTimeOffset.FromUnixTimeMilliseconds(1_763_800_000_123));
}
