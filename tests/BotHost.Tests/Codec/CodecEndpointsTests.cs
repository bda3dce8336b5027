using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Codec;
using CodingAgent.Storage;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Temporalio.Api.Common.V1;
using Temporalio.Converters;

namespace CodingAgent.BotHost.Tests.Codec;

/// <summary>The codec as Temporal's command line and its pages in a browser ask it.</summary>
public sealed class CodecEndpointsTests : IAsyncLifetime
{
    private const string Key = "the-api-key";
    private const string Pages = "http://127.0.0.1:8233";

    private readonly string _folder = Directory.CreateTempSubdirectory("codec-tests-").FullName;
    private readonly PayloadCipher _cipher = new(new byte[PayloadCipher.KeySize]);
    private readonly HttpClient _http = new(new HttpClientHandler { UseCookies = false });
    private WebApplication _app = null!;
    private SqliteDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await SqliteDatabase.OpenAsync(Path.Combine(_folder, "bot.db"), default);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_cipher);
        builder.Services.AddCodec([Pages]);
        builder.Services.AddSingleton(new ApiKeys(_database, TimeProvider.System)).AddSingleton(TimeProvider.System).AddApiAccess(Key);
        _app = builder.Build();
        _app.UseCors();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.MapCodec([Pages]);
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Decode_WhatAWorkflowSealedAndWhatNobodyDid_ComesBackInOrder()
    {
        var codec = new SealedPayloads(_cipher).WithSerializationContext(new ISerializationContext.Workflow("default", "task/github:octo/hello/issue/1"));
        var plain = DataConverter.Default.PayloadConverter.ToPayload("value");
        var sealedOne = (await codec.EncodeAsync([plain])).Single();

        using var answer = await PostAsync("decode", Json(sealedOne, plain, sealedOne));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        JsonParser.Default.Parse<Payloads>(await answer.Content.ReadAsStringAsync()).Payloads_.ShouldBe([plain, plain, plain]);
    }

    [Fact]
    public async Task Encode_ThenDecode_IsTheSameAndAWorkflowTakesIt()
    {
        var plain = DataConverter.Default.PayloadConverter.ToPayload("by hand");
        using var answer = await PostAsync("encode", Json(plain));
        var text = await answer.Content.ReadAsStringAsync();
        text.ShouldNotContain(plain.Data.ToBase64());
        var sealedOne = JsonParser.Default.Parse<Payloads>(text).Payloads_.Single();

        var codec = new SealedPayloads(_cipher).WithSerializationContext(new ISerializationContext.Workflow("default", "any"));
        (await codec.DecodeAsync([sealedOne])).Single().ShouldBe(plain);
        using var back = await PostAsync("decode", text);
        JsonParser.Default.Parse<Payloads>(await back.Content.ReadAsStringAsync()).Payloads_.Single().ShouldBe(plain);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"payloads\":{}}")]
    [InlineData("{\"payloads\":[{\"data\":\"not base64!\"}]}")]
    [InlineData("{\"payloads\":[null]}")]
    [InlineData("{\"payloads\":[{\"metadata\":[]}]}")]
    [InlineData("{\"payloads\":")]
    public async Task Decode_NoPayloads_IsABadRequestInWords(string body)
    {
        using var answer = await PostAsync("decode", body);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("payloads");
    }

    [Fact]
    public async Task Decode_DeeplyNested_IsABadRequest()
    {
        using var answer = await PostAsync("decode", $"{{\"payloads\":{new string('[', 200_000)}");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Decode_UnknownMembersAndNone_AreNothingSpecial()
    {
        using var unknown = await PostAsync("decode", "{\"payloads\":[],\"later\":{\"a\":1}}");
        (await unknown.Content.ReadAsStringAsync()).Replace(" ", "", StringComparison.Ordinal).ShouldBe("{}");
    }

    [Fact]
    public async Task Decode_ChangedOrOfAMissingKey_IsRefusedWithAllOfIt()
    {
        var payload = DataConverter.Default.PayloadConverter.ToPayload("value");
        var changed = (await new SealedPayloads(_cipher).EncodeAsync([payload])).Single();
        changed.Data = ByteString.CopyFrom([.. changed.Data.Span[..^1], (byte)(changed.Data[^1] ^ 1)]);
        var other = (await new SealedPayloads(new PayloadCipher([.. Enumerable.Repeat((byte)7, 32)])).EncodeAsync([payload])).Single();
        foreach (var (bad, says) in ((Payload, string)[])[(changed, "changed after"), (other, "another storage key")])
        {
            using var answer = await PostAsync("decode", Json(payload, bad));
            answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
            JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["detail"]!.GetValue<string>().ShouldContain(says);
        }
    }

    [Theory]
    [InlineData("decode", null)]
    [InlineData("encode", null)]
    [InlineData("decode", "Bearer wrong")]
    [InlineData("decode", "the-api-key")]
    [InlineData("decode", "Basic dGhlLWFwaS1rZXk=")]
    public async Task Request_WithoutTheKey_IsUnauthorizedBeforeItsBodyIsRead(string verb, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/codec/{verb}") { Content = new StringContent("no json at all", Encoding.UTF8, "application/json") };
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var answer = await _http.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData(ApiRole.Viewer, HttpStatusCode.Forbidden)]
    [InlineData(ApiRole.Operator, HttpStatusCode.Forbidden)]
    [InlineData(ApiRole.Admin, HttpStatusCode.OK)]
    public async Task Decode_AndLogin_AreForAdministrators(ApiRole role, HttpStatusCode expected)
    {
        var key = (await _app.Services.GetRequiredService<ApiKeys>().CreateAsync("somebody", role, null, default))!;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/codec/decode") { Content = new StringContent("{\"payloads\":[]}", Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var answer = await _http.SendAsync(request);
        answer.StatusCode.ShouldBe(expected);

        using var login = await LogInAsync(key);
        login.Headers.Contains("Set-Cookie").ShouldBe(role == ApiRole.Admin);
    }

    [Fact]
    public async Task Preflight_OfTheConfiguredPages_IsAllowedTheirHeadersAndOfOthersNot()
    {
        using var allowed = await PreflightAsync(Pages);
        allowed.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe([Pages]);
        allowed.Headers.GetValues("Access-Control-Allow-Credentials").ShouldBe(["true"]);
        string.Join(',', allowed.Headers.GetValues("Access-Control-Allow-Headers")).ToLowerInvariant().ShouldSatisfyAllConditions(
            h => h.ShouldContain("x-namespace"), h => h.ShouldContain("content-type"), h => h.ShouldContain("authorization"));
        foreach (var origin in (string[])["http://127.0.0.1:8234", "http://evil.example", "null", "http://127.0.0.1:8233.evil.example"])
        {
            using var refused = await PreflightAsync(origin);
            refused.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse(origin);
        }
    }

    [Fact]
    public async Task Login_WithTheKey_LetsTheConfiguredPagesInAndNobodyElse()
    {
        using var wrong = await LogInAsync("guess");
        wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        wrong.Headers.Contains("Set-Cookie").ShouldBeFalse();

        using var right = await LogInAsync(Key);
        right.StatusCode.ShouldBe(HttpStatusCode.OK);
        var set = right.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        set.ShouldContain("httponly", Case.Insensitive);
        set.ShouldContain("path=/codec", Case.Insensitive);
        set.ShouldNotContain(Key);
        var cookie = set.Split(';')[0];

        (await StatusAsync(Pages, cookie)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync("http://evil.example", cookie)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(null, cookie)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(Pages, cookie[..^2] + "xx")).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(Pages, "coding-agent-codec=")).ShouldBe(HttpStatusCode.Unauthorized);
        using var page = await _http.GetAsync("/codec/login");
        page.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldContain("frame-ancestors 'none'");
    }

    [Fact]
    public async Task Decode_AsAFormWithACookie_IsRefused()
    {
        using var login = await LogInAsync(Key);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/codec/decode") { Content = new StringContent("{\"payloads\":[]}", Encoding.UTF8, "text/plain") };
        request.Headers.Add("Cookie", login.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        request.Headers.Add("Origin", Pages);
        using var answer = await _http.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    private static string Json(params Payload[] payloads) => JsonFormatter.Default.Format(new Payloads { Payloads_ = { payloads } });

    private Task<HttpResponseMessage> PostAsync(string verb, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/codec/{verb}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        request.Headers.Add("X-Namespace", "default");
        return _http.SendAsync(request);
    }

    private async Task<HttpResponseMessage> PreflightAsync(string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/codec/decode");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "content-type,x-namespace,authorization");
        return await _http.SendAsync(request);
    }

    private Task<HttpResponseMessage> LogInAsync(string key) =>
        _http.PostAsync("/codec/login", new FormUrlEncodedContent([KeyValuePair.Create("key", key)]));

    private async Task<HttpStatusCode> StatusAsync(string? origin, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/codec/decode") { Content = new StringContent("{\"payloads\":[]}", Encoding.UTF8, "application/json") };
        request.Headers.Add("Cookie", cookie);
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        using var answer = await _http.SendAsync(request);
        return answer.StatusCode;
    }
}
