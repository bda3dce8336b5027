using System.Net;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Playground.ScriptedModel;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeEndpoint;

namespace CodingAgent.Agents.Tests.Models;

public sealed class OpenAiEmbeddingsTests
{
    private static readonly string[] Two = ["first", "second"];

    /// <summary>What endpoints answer: as defined, out of order, without an index, in base64 although nobody asked for it.</summary>
    [Theory]
    [InlineData("""{"data":[{"index":0,"embedding":[1,0.5]},{"index":1,"embedding":[0,-2e0]}],"usage":{"prompt_tokens":7}}""", 7)]
    [InlineData("""{"data":[{"index":1,"embedding":[0,-2]},{"index":0,"embedding":[1,0.5]}],"usage":{"prompt_tokens":7}}""", 7)]
    [InlineData("""{"data":[{"embedding":[1,0.5]},{"embedding":[0,-2]}]}""", 2)]
    [InlineData("""{"data":[{"index":0,"embedding":"AACAPwAAAD8="},{"index":1,"embedding":"AAAAAAAAAMA="}],"usage":{}}""", 2)]
    public async Task Generate_InWhicheverShape_GivesAVectorForEachText(string answer, int tokens)
    {
        var endpoint = new FakeEndpoint(_ => Json(HttpStatusCode.OK, answer));
        var found = await AskAsync(endpoint, new EmbeddingGenerationOptions { ModelId = "m", Dimensions = 2 });
        found.Select(e => e.Vector.ToArray()).ShouldBe([[1f, 0.5f], [0f, -2f]]);
        found.Usage!.InputTokenCount.ShouldBe(tokens);
        endpoint.Url.ShouldBe("http://model.test:8080/v1/embeddings");
        endpoint.Headers!.Authorization!.Parameter.ShouldBe(Key);
        endpoint.Bodies[0].GetRawText().ShouldBe("""{"model":"m","input":["first","second"],"dimensions":2}""");
    }

    [Theory]
    [InlineData("""{"data":[{"index":0,"embedding":[1]}]}""", "1 vectors for 2 texts")]
    [InlineData("""{"data":[]}""", "0 vectors for 2 texts")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}""", "cannot be read")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]}""", "cannot be read")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":["NaN"]}]}""", "cannot be read")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":"?"}]}""", "cannot be read")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[NaN]}]}""", "no JSON")]
    [InlineData("""{"error":{"message":"overloaded","code":"overloaded"}}""", "overloaded")]
    [InlineData("<html>", "no JSON")]
    [InlineData("", "no JSON")]
    public async Task Generate_WithoutAVectorForEachText_IsNoAnswer(string answer, string words)
    {
        var endpoint = new FakeEndpoint(_ => Json(HttpStatusCode.OK, answer));
        (await Should.ThrowAsync<ModelUnavailableException>(() => AskAsync(endpoint))).Message.ShouldContain(words);
        endpoint.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Generate_Refused_SaysSoWithoutKeyAndAddress()
    {
        var endpoint = new FakeEndpoint(_ => Json(HttpStatusCode.Unauthorized, $$$"""{"error":{"message":"bad key {{{Key}}} at model.test","code":"invalid_api_key"}}"""));
        var words = (await Should.ThrowAsync<ModelRejectedException>(() => AskAsync(endpoint))).Message;
        words.ShouldNotContain(Key);
        words.ShouldNotContain("model.test");
    }

    [Fact]
    public async Task Generate_OfATextCutWithinACharacter_IsStillARequest()
    {
        var endpoint = new FakeEndpoint(_ => Json(HttpStatusCode.OK, """{"data":[{"embedding":[1]}]}"""));
        using var client = new OpenAiEmbeddings(new OpenAiOptions(Key) { BaseUrl = new Uri("http://model.test:8080/v1") }, new ManualTime(), new HttpClient(endpoint));
        await client.GenerateAsync(["a \ud83d"], new EmbeddingGenerationOptions { ModelId = "m" });
        endpoint.Bodies[0].GetProperty("input")[0].GetString().ShouldBe("a \uFFFD");
    }

    /// <summary>With the client's own way out: code goes where the operator said, and nowhere an answer says.</summary>
    [Fact]
    public async Task Generate_Redirected_DoesNotFollow()
    {
        await using var server = await ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = "right" }, CancellationToken.None);
        await using var elsewhere = await RedirectingServer.StartAsync($"{server.BaseUrl}/embeddings");
        using var client = new OpenAiEmbeddings(new OpenAiOptions("right") { BaseUrl = elsewhere.Address }, TimeProvider.System);
        (await Should.ThrowAsync<ModelUnavailableException>(() => client.GenerateAsync(Two, new EmbeddingGenerationOptions { ModelId = "m" }))).Message.ShouldContain("a redirect, which is not followed");
    }

    [Fact]
    public async Task Generate_AtTheScriptedModel_IsMoreAlikeForMoreWordsInCommon()
    {
        await using var server = await ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = "right" }, CancellationToken.None);
        using var client = new OpenAiEmbeddings(new OpenAiOptions("right") { BaseUrl = server.BaseUrl }, TimeProvider.System);
        var found = await client.GenerateAsync(["retry payment client", "def retry_payment(client): pass", "render a page of text"], new EmbeddingGenerationOptions { ModelId = "m", Dimensions = 128 });
        found.Count.ShouldBe(3);
        Likeness(found[0], found[1]).ShouldBeGreaterThan(Likeness(found[0], found[2]));
        (await client.GenerateAsync(["retry payment client"], new EmbeddingGenerationOptions { ModelId = "m", Dimensions = 128 }))[0].Vector.ToArray().ShouldBe(found[0].Vector.ToArray());
    }

    private static float Likeness(Embedding<float> a, Embedding<float> b) => a.Vector.ToArray().Zip(b.Vector.ToArray(), (x, y) => x * y).Sum();

    private static async Task<GeneratedEmbeddings<Embedding<float>>> AskAsync(FakeEndpoint endpoint, EmbeddingGenerationOptions? options = null)
    {
        using var client = new OpenAiEmbeddings(new OpenAiOptions(Key) { BaseUrl = new Uri("http://model.test:8080/v1") }, new ManualTime(), new HttpClient(endpoint));
        return await client.GenerateAsync(Two, options ?? new EmbeddingGenerationOptions { ModelId = "m" });
    }
}
