using CodingAgent.Workflows.Ports;

namespace CodingAgent.Storage.Tests;

/// <summary>What every log of statements must do, on whichever engine.</summary>
public abstract class StatementLogContract
{
    protected abstract IStatementLog Statements { get; }

    [Fact]
    public async Task Claim_FirstAgainAndAnother_IsTheFirsts()
    {
        (await Statements.ClaimAsync("comment/1", "d1", default)).ShouldBe("d1");
        (await Statements.ClaimAsync("comment/1", "d1", default)).ShouldBe("d1");
        (await Statements.ClaimAsync("comment/1", "d2", default)).ShouldBe("d1");
        (await Statements.ClaimAsync("comment/10", "d2", default)).ShouldBe("d2");
    }

    [Fact]
    public async Task Claim_ManyAtOnce_HasOneHolder()
    {
        var holders = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => Statements.ClaimAsync("s", $"d{i}", default))));
        holders.Distinct().ShouldHaveSingleItem();
    }
}
