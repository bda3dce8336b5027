using System.Security.Cryptography;
using CodingAgent.Mcp;

namespace CodingAgent.Storage.Tests;

/// <summary>What every artifact store must do.</summary>
public abstract class ArtifactStoreContract
{
    protected abstract IArtifactStore Artifacts { get; }

    [Fact]
    public async Task Put_Bytes_AreFoundByTheirId()
    {
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        var id = await Artifacts.PutAsync(bytes, default);
        id.ShouldMatch("^[0-9a-f]{64}$");
        (await Artifacts.GetAsync(id, default)).ShouldBe(bytes);
    }

    [Fact]
    public async Task Put_SameBytesAtOnce_IsOneArtifact()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => Artifacts.PutAsync("same"u8.ToArray(), default))));
        ids.Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Put_Nothing_IsAnArtifactToo() => (await Artifacts.GetAsync(await Artifacts.PutAsync(default, default), default)).ShouldBe([]);

    [Fact]
    public async Task Get_UnknownId_IsNull() => (await Artifacts.GetAsync(new string('0', 64), default)).ShouldBeNull();
}
