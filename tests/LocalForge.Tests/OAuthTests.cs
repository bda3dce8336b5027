using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Playground.LocalForge;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.LocalForge.Tests;

/// <summary>Signing in elsewhere with an account of the forge, step by step, as each of the two forges has it.</summary>
public sealed partial class OAuthTests : IAsyncLifetime
{
    private const string Back = "http://127.0.0.1:1/back";
    private const string Verifier = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789";

    private static readonly string Challenge = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("localforge-");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly HttpClient _http = new(new HttpClientHandler { AllowAutoRedirect = false });
    private readonly Dictionary<bool, (string Id, string Secret)> _applications = [];
    private LocalForgeServer _forge = null!;

    public async Task InitializeAsync()
    {
        _forge = await LocalForgeServer.StartAsync(new LocalForgeOptions { DataDirectory = _folder.FullName, RunsCi = false, TimeProvider = _time }, default);
        _forge.CreateUser("ada", "token-ada");
        foreach (var isGitLab in (bool[])[false, true])
            _applications[isGitLab] = _forge.CreateSignIn("A program", isGitLab, Back);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _forge.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Code_WithItsVerifierAndSecret_IsATokenOnce_ThatSaysWhoItIs_AndNothingElse(bool isGitLab)
    {
        var code = await CodeAsync(isGitLab);
        var (status, answer) = await ExchangeAsync(isGitLab, code);
        status.ShouldBe(HttpStatusCode.OK);
        var token = answer["access_token"]!.ToString();
        (await AskAsync(isGitLab, "/user", token)).Body![isGitLab ? "username" : "login"]!.ToString().ShouldBe("ada");
        (await AskAsync(isGitLab, isGitLab ? "/projects" : "/user/repos", token)).Status.ShouldBe(HttpStatusCode.Forbidden);
        // A token of one face is none of the other.
        (await AskAsync(!isGitLab, "/user", token)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        Refused(isGitLab, await ExchangeAsync(isGitLab, code));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Code_TooOldOrWithoutItsVerifier_IsNoToken(bool isGitLab)
    {
        Refused(isGitLab, await ExchangeAsync(isGitLab, await CodeAsync(isGitLab), ("code_verifier", "another-verifier-that-is-long-enough-for-rfc-7636")));
        Refused(isGitLab, await ExchangeAsync(isGitLab, await CodeAsync(isGitLab), ("code_verifier", "")));
        Refused(isGitLab, await ExchangeAsync(isGitLab, await CodeAsync(isGitLab, ("code_challenge", ""), ("code_challenge_method", ""))));
        var old = await CodeAsync(isGitLab);
        _time.Advance(TimeSpan.FromMinutes(10));
        Refused(isGitLab, await ExchangeAsync(isGitLab, old));
        var (status, answer) = await ExchangeAsync(isGitLab, await CodeAsync(isGitLab), ("client_secret", "none"));
        (status, answer["error"]!.ToString()).ShouldBe(isGitLab ? (HttpStatusCode.Unauthorized, "invalid_client") : (HttpStatusCode.OK, "incorrect_client_credentials"));
    }

    [Fact]
    public async Task TokenAnswer_OfGitHub_IsAFormUnlessJsonIsAskedFor_AndJsonIsTakenToo()
    {
        var (id, secret) = _applications[false];
        using var body = JsonContent.Create(new { client_id = id, client_secret = secret, code = await CodeAsync(false), code_verifier = Verifier });
        using var answer = await _http.PostAsync($"{_forge.BaseUrl}/login/oauth/access_token", body);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-www-form-urlencoded");
        (await answer.Content.ReadAsStringAsync()).ShouldStartWith("access_token=ghu_");
    }

    [Fact]
    public async Task Person_IsSentNowhereThatWasNotNamed()
    {
        var gitHub = await AskToAuthorizeAsync(false, ("redirect_uri", "https://evil.example/back"));
        gitHub.Headers.Location!.AbsoluteUri.ShouldStartWith($"{Back}?error=redirect_uri_mismatch&");
        (await AskToAuthorizeAsync(true, ("redirect_uri", "https://evil.example/back"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await AskToAuthorizeAsync(false, ("client_id", "none"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await AskToAuthorizeAsync(true, ("client_id", "none"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await AskToAuthorizeAsync(true, ("scope", "api"))).Headers.Location!.Query.ShouldContain("error=invalid_scope");
        (await AskToAuthorizeAsync(false, ("code_challenge_method", "plain"))).Headers.Location!.Query.ShouldContain("error=invalid_request");
    }

    [Fact]
    public async Task Page_ThatSomebodyElseSends_AgreesToNothing()
    {
        using var form = new FormUrlEncodedContent(Asked(false).Append(new("actor", "ada")).Append(new("deed", "authorize")));
        (await _http.PostAsync($"{_forge.BaseUrl}/login/oauth/authorize", form)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static void Refused(bool isGitLab, (HttpStatusCode Status, JsonNode Body) answer) => (answer.Status, answer.Body["error"]!.ToString())
        .ShouldBe(isGitLab ? (HttpStatusCode.BadRequest, "invalid_grant") : (HttpStatusCode.OK, "bad_verification_code"));

    private Dictionary<string, string> Asked(bool isGitLab, params (string Name, string Value)[] other)
    {
        var asked = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["client_id"] = _applications[isGitLab].Id,
            ["redirect_uri"] = Back,
            ["response_type"] = "code",
            ["state"] = "s",
            ["scope"] = isGitLab ? "read_user" : "",
            ["code_challenge"] = Challenge,
            ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in other)
            asked[name] = value;
        return asked;
    }

    private string AddressOf(bool isGitLab) => _forge.BaseUrl + (isGitLab ? "/oauth/authorize" : "/login/oauth/authorize");

    private Task<HttpResponseMessage> AskToAuthorizeAsync(bool isGitLab, params (string Name, string Value)[] other) =>
        _http.GetAsync(QueryHelpers.AddQueryString(AddressOf(isGitLab), Asked(isGitLab, other)!));

    private async Task<string> CodeAsync(bool isGitLab, params (string Name, string Value)[] other)
    {
        using var page = await AskToAuthorizeAsync(isGitLab, other);
        var token = Token().Match(await page.Content.ReadAsStringAsync()).Groups["token"].Value;
        using var form = new FormUrlEncodedContent(Asked(isGitLab, other).Concat(
            [KeyValuePair.Create("actor", "ada"), KeyValuePair.Create("deed", "authorize"), KeyValuePair.Create("__RequestVerificationToken", token)]));
        using var answer = await _http.PostAsync(AddressOf(isGitLab), form);
        var back = QueryHelpers.ParseQuery(answer.Headers.Location!.Query);
        back["state"].ToString().ShouldBe("s");
        return back["code"].ToString();
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> ExchangeAsync(bool isGitLab, string code, params (string Name, string Value)[] other)
    {
        var (id, secret) = _applications[isGitLab];
        var given = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["client_id"] = id,
            ["client_secret"] = secret,
            ["code"] = code,
            ["redirect_uri"] = Back,
            ["grant_type"] = "authorization_code",
            ["code_verifier"] = Verifier,
        };
        foreach (var (name, value) in other)
            given[name] = value;
        using var request = new HttpRequestMessage(HttpMethod.Post, _forge.BaseUrl + (isGitLab ? "/oauth/token" : "/login/oauth/access_token")) { Content = new FormUrlEncodedContent(given) };
        request.Headers.Accept.Add(new("application/json"));
        using var answer = await _http.SendAsync(request);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }

    private async Task<(HttpStatusCode Status, JsonNode? Body)> AskAsync(bool isGitLab, string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, (isGitLab ? _forge.GitLabApiUrl : _forge.ApiUrl) + path);
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await _http.SendAsync(request);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync()));
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Token();
}
