using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.BotHost.Tests.Commands;

/// <summary><c>doctor</c> with a forge and a model that are there, and with all that newcomers set wrong.</summary>
public sealed class DoctorConnectionsTests : IAsyncLifetime
{
    private const string Token = "ghp_hunter2hunter2hunter2hunter2";
    private const string Key = "sk-hunter2hunter2hunter2hunter2";

    private readonly ChildProgram _program = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("doctor-forge-").FullName;
    private LocalForgeServer _forge = null!;
    private ScriptedModelServer _model = null!;

    public async Task InitializeAsync()
    {
        _forge = await LocalForgeServer.StartAsync(new LocalForgeOptions { DataDirectory = _folder }, default);
        _model = await ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = Key }, default);
        _forge.CreateUser("acme", "acme-token");
        _forge.CreateUser("bot", Token);
        await _forge.CreateRepositoryAsync("acme", "shop", null);
        _forge.SetAccess("acme", "shop", "bot", RepoAccess.Write);
        _program.Environment["Forge__GitHub__Token"] = Token;
        _program.Environment["Forge__GitHub__ApiUrl"] = _forge.ApiUrl;
        _program.Environment["OPENAI_API_KEY"] = Key;
        _program.Environment["OPENAI_BASE_URL"] = _model.BaseUrl.ToString();
        _program.Environment["Urls"] = $"http://127.0.0.1:{ChildProgram.FreePort()}";
    }

    public async Task DisposeAsync()
    {
        await _forge.DisposeAsync();
        await _model.DisposeAsync();
        _program.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Doctor_AllReachable_SaysAsWhomWhereAndWithWhatAndExits0()
    {
        var (lines, exit) = await RunAsync();

        lines["forge"].ElementAt(0).ShouldMatch(@"^ok: acts as bot \(user \d+\) on 127\.0\.0\.1, with a classic token, scopes repo;");
        lines["repositories"].ShouldHaveSingleItem().ShouldBe("ok: bot may write acme/shop");
        lines["webhook"].ShouldHaveSingleItem().ShouldMatch("^note: the webhooks of acme/shop are for administrators to see: check there .*application/json.*Forge:GitHub:WebhookSecret.*issue_comment.*202");
        lines["model"].ElementAt(0).ShouldBe("ok: gpt-x answers (planner, coder, critic)");
        lines["model"].ElementAt(1).ShouldContain("Models:Prices:gpt-x:Input");
        lines["temporal"].ShouldHaveSingleItem().ShouldStartWith("ok: ");
        lines["web"].ShouldHaveSingleItem().ShouldStartWith("ok: ");
        exit.ShouldBe(0);
        _model.Requests.Count.ShouldBe(1, "one tiny request for one model");
    }

    [Fact]
    public async Task Doctor_EveryConfiguredModel_IsAskedOnceWithATool()
    {
        _program.Environment["Models__Coder"] = "gpt-y";
        _program.Environment["Models__Fallback"] = "gpt-z";

        var (lines, _) = await RunAsync();

        lines["model"].Where(l => l.StartsWith("ok: ", StringComparison.Ordinal)).ShouldBe(["ok: gpt-x answers (planner, critic)", "ok: gpt-y answers (coder)", "ok: gpt-z answers (fallback)"]);
        _model.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Doctor_Json_IsOneArrayOfTheSame()
    {
        _program.Environment["Modles__Default"] = "x";
        var result = await _program.RunAsync("doctor", "--json");

        var findings = JsonNode.Parse(string.Join('\n', result.Output))!.AsArray();
        var misspelt = findings.Single(f => f!["area"]!.GetValue<string>() == "settings")!;
        misspelt["level"]!.GetValue<string>().ShouldBe("warning");
        misspelt["text"]!.GetValue<string>().ShouldContain("is Models__Default meant?");
        findings.Select(f => f!["level"]!.GetValue<string>()).ShouldNotContain("problem");
        findings.ToJsonString(JsonSerializerOptions.Default).ShouldNotContain("hunter2");
        result.ExitCode.ShouldBe(0, "a warning is no problem");
    }

    [Theory]
    [InlineData("Forge__GitHub__Token", "ghp_hunter2another0another0another0", "forge", "PROBLEM: .*does not accept the token: .*set Forge:GitHub:Token")]
    [InlineData("Forge__GitHub__ApiUrl", "BASE", "forge", "PROBLEM: .*set Forge:GitHub:ApiUrl to http://127\\.0\\.0\\.1:\\d+/api/v3")]
    [InlineData("Forge__GitHub__ApiUrl", "http://127.0.0.1:9/api/v3", "forge", "PROBLEM: .*cannot be reached: .*Forge:GitHub:ApiUrl")]
    [InlineData("Forge__GitHub__Repositories", "acme/shop, acme/shpo", "repositories", "PROBLEM: bot sees no repository acme/shpo: .*Forge:GitHub:Repositories")]
    [InlineData("OPENAI_API_KEY", "sk-hunter2other0other0other0", "model", "PROBLEM: gpt-x .*OPENAI_API_KEY")]
    [InlineData("OPENAI_BASE_URL", "http://127.0.0.1:9/v1", "model", "PROBLEM: gpt-x .*OPENAI_BASE_URL")]
    [InlineData("OPENAI_BASE_URL", "ROOT", "model", "PROBLEM: gpt-x .*(OPENAI_BASE_URL|Models)")]
    [InlineData("Temporal__Address", "127.0.0.1:9", "temporal", "PROBLEM: 127\\.0\\.0\\.1:9 cannot be reached .*Temporal:Address")]
    public async Task Doctor_SetWrong_NamesTheSettingAndExits1(string variable, string value, string area, string says)
    {
        _program.Environment[variable] = value switch { "BASE" => _forge.BaseUrl, "ROOT" => _model.BaseUrl.GetLeftPart(UriPartial.Authority), _ => value };

        var (lines, exit) = await RunAsync();

        lines[area].ShouldContain(line => System.Text.RegularExpressions.Regex.IsMatch(line, says), string.Join('\n', lines[area]));
        exit.ShouldBe(1);
    }

    [Fact]
    public async Task Doctor_TokenThatMayOnlyRead_IsAProblem()
    {
        _forge.CreateUser("reader", "ghp_hunter2readonly0readonly0", scopes: "read:user");
        _forge.SetAccess("acme", "shop", "reader", RepoAccess.Read);
        _program.Environment["Forge__GitHub__Token"] = "ghp_hunter2readonly0readonly0";

        var (lines, exit) = await RunAsync();

        lines["forge"].ShouldContain(line => line.StartsWith("PROBLEM: The token's scopes are read:user: it can read, and write nothing.", StringComparison.Ordinal));
        lines["repositories"].ShouldContain(line => line.StartsWith("PROBLEM: reader may write no repository", StringComparison.Ordinal));
        exit.ShouldBe(1);
    }

    [Fact]
    public async Task Doctor_TokenOfAPerson_SaysThatWhatTheyDoIsIgnored()
    {
        _program.Environment["Forge__GitHub__Token"] = "acme-token";
        _forge.AddWebhook(new Uri($"http://127.0.0.1:{ChildProgram.FreePort()}/elsewhere"), "secret");

        var (lines, exit) = await RunAsync();

        lines["repositories"].ShouldContain(line => line.StartsWith("WARNING: acme owns acme/shop: this looks like the token of a person's own account. What acme labels, comments or reviews is ignored", StringComparison.Ordinal));
        lines["webhook"].ShouldHaveSingleItem().ShouldMatch(@"^WARNING: acme/shop has no webhook whose address ends in /webhooks/github \(there are: http://127\.0\.0\.1:\d+/elsewhere\)");
        exit.ShouldBe(0);
    }

    [Fact]
    public async Task Serve_Starts_LogsWhatDoctorWouldSayAndServesAllTheSame()
    {
        _program.Environment["Doctor__AtStart"] = "true";
        _program.Environment["Modles__Coder"] = "x";
        _program.Environment["Forge__GitHub__Token"] = "ghp_hunter2another0another0another0";
        using var service = _program.Start("serve", "--role", "web", "--data", "data");
        using var http = new HttpClient { BaseAddress = new Uri(await service.LineAfterAsync("Now listening on: ")) };

        (await service.LineAfterAsync("settings: The environment variable Modles__Coder is no setting")).ShouldContain("is Models__Coder meant?");
        (await service.LineAfterAsync("forge: ")).ShouldContain("does not accept the token");
        (await http.GetAsync("/health/ready")).IsSuccessStatusCode.ShouldBeTrue();
        service.Output.ShouldNotContain("hunter2");
        service.Terminate();
        (await service.EndAsync()).ExitCode.ShouldBe(0);
    }

    private async Task<(ILookup<string, string> Lines, int Exit)> RunAsync()
    {
        var result = await _program.RunAsync("doctor");
        result.Error.ShouldBeEmpty();
        string.Join('\n', result.Output).ShouldNotContain("hunter2");
        return (result.Output.Select(line => line.Split(':', 2)).ToLookup(p => p[0], p => p[1].Trim()), result.ExitCode);
    }
}
