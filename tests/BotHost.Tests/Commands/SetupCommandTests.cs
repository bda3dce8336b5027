using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Playground.LocalForge;

namespace CodingAgent.BotHost.Tests.Commands;

/// <summary><c>codingagent setup github</c> in its own process, a browser's requests, and a forge that makes the App.</summary>
public sealed partial class SetupCommandTests : IAsyncLifetime
{
    private readonly ChildProgram _program = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("setup-tests-");
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly int _port = ChildProgram.FreePort();
    private LocalForgeServer _forge = null!;

    public async Task InitializeAsync()
    {
        _forge = await LocalForgeServer.StartAsync(new LocalForgeOptions { DataDirectory = _folder.FullName, RunsCi = false }, CancellationToken.None);
        _forge.CreateUser("acme", "token-acme");
        await _forge.CreateRepositoryAsync("acme", "shop", null);
        _program.Environment.Remove("Forge__GitHub__Token");
        _program.Environment.Remove("Forge__GitHub__WebhookSecret");
        _program.Environment["Forge__GitHub__ApiUrl"] = _forge.ApiUrl;
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        _program.Dispose();
        await _forge.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Setup_FromTheTerminalToTheService_KeepsTheAppSealedAndServeFindsIt()
    {
        using var setup = Start();
        var page = await setup.LineAfterAsync("  http://127.0.0.1");
        var begin = await GetAsync($"http://127.0.0.1{page}");
        begin.Status.ShouldBe(HttpStatusCode.OK);
        begin.Policy.ShouldBe($"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action {_forge.BaseUrl}");
        begin.Text.ShouldNotContain("<script");
        // A proxy may hand on any host: the way back is where the link led that was opened.
        var outside = new Uri(await setup.LineAfterAsync("  https://agent.example.com"), UriKind.Relative);
        WebUtility.HtmlDecode((await GetAsync($"http://127.0.0.1:{_port}{outside}")).Text).ShouldContain("\"redirect_url\":\"https://agent.example.com/setup/done\"");
        WebUtility.HtmlDecode(begin.Text).ShouldContain($"\"redirect_url\":\"http://127.0.0.1:{_port}/setup/done\"");
        var (form, manifest) = (WebUtility.HtmlDecode(Action().Match(begin.Text).Groups[1].Value), WebUtility.HtmlDecode(Manifest().Match(begin.Text).Groups[1].Value));
        form.ShouldStartWith($"{_forge.BaseUrl}/organizations/acme/settings/apps/new?state=");
        JsonNode.Parse(manifest)!["hook_attributes"]!["url"]!.ToString().ShouldBe("https://agent.example.com/webhooks/github");
        JsonNode.Parse(manifest)!["callback_urls"]!.AsArray().Select(u => u!.ToString()).ShouldBe(["https://agent.example.com/ui/sign-in/github/back"]);
        JsonNode.Parse(manifest)!["public"]!.GetValue<bool>().ShouldBeFalse();

        var state = form[(form.IndexOf("state=", StringComparison.Ordinal) + 6)..];
        using var asked = await _browser.PostAsync(form, new FormUrlEncodedContent([new("manifest", manifest)]));
        (await asked.Content.ReadAsStringAsync()).ShouldContain("Create GitHub App");
        using var made = await _browser.PostAsync($"{_forge.BaseUrl}/settings/apps", new FormUrlEncodedContent([new("manifest", manifest), new("state", state), new("name", "Agent of Acme"), new("owner", "acme")]));
        made.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var end = await GetAsync(made.Headers.Location!.AbsoluteUri);
        end.Text.ShouldContain($"{_forge.BaseUrl}/apps/agent-of-acme/installations/new");
        var result = await setup.EndAsync();
        result.ExitCode.ShouldBe(0, string.Join('\n', result.Error));
        result.Output.ShouldContain(l => l.StartsWith("The App agent-of-acme is made", StringComparison.Ordinal));

        var kept = Path.Combine(_program.Folder, "data", "github-app.sealed");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(kept).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await File.ReadAllTextAsync(kept)).ShouldMatch("^[A-Za-z0-9+/=]+\n$");
        (string.Join('\n', result.Output) + begin.Text + end.Text).ShouldNotContain("BEGIN RSA");

        _forge.InstallApp("agent-of-acme", "acme");
        var doctor = await _program.RunAsync("doctor");
        doctor.Output.ShouldContain(l => l.Contains("acts as agent-of-acme[bot]", StringComparison.Ordinal), string.Join('\n', doctor.Output));

        using (var serve = _program.Start("serve", "--urls", $"http://127.0.0.1:{_port}"))
        {
            await serve.LineAfterAsync("Now listening on: ");
            while ((await _browser.GetAsync($"http://127.0.0.1:{_port}/health/ready")).StatusCode != HttpStatusCode.OK)
                await Task.Delay(50);
            // People sign in by the App, without more settings.
            (await GetAsync($"http://127.0.0.1:{_port}/ui/sign-in")).Text.ShouldContain("href=\"https://agent.example.com/ui/sign-in/github\"");
            using (var door = await _browser.GetAsync($"http://127.0.0.1:{_port}/ui/sign-in/github"))
            using (var shown = await _browser.GetAsync(door.Headers.Location))
                (await shown.Content.ReadAsStringAsync()).ShouldContain("Authorize Agent of Acme");
            _program.Environment["Forge__GitHub__WebhookSecret"] = "another-secret";
            using var forge = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
            (await _program.DeliverAsync(forge, "d1", "{}"u8.ToArray())).ShouldBe(HttpStatusCode.Unauthorized);
            _program.Environment.Remove("Forge__GitHub__WebhookSecret");
            serve.Terminate();
            (await serve.EndAsync()).ExitCode.ShouldBe(0);
        }

        // A key that sealed it is not taken away.
        (await _program.RunAsync("keys", "rotate")).ExitCode.ShouldBe(0);
        (await _program.RunAsync("keys", "list")).Output.ShouldContain(l => l.Contains("still needed; sealed 2 values", StringComparison.Ordinal));
        (await _program.RunAsync("keys", "retire")).Output.ShouldContain(l => l.StartsWith("No key can go", StringComparison.Ordinal));
        (await _program.RunAsync("doctor", "--offline")).Output.ShouldContain(l => l.Contains("complete for role all", StringComparison.Ordinal));

        // Another one only when it is asked for, and never beside a token.
        (await _program.RunAsync("setup", "github", "--address", "https://agent.example.com")).Error.ShouldContain(l => l.Contains("There is an App already", StringComparison.Ordinal));
        _program.Environment["Forge__GitHub__Token"] = "ghp_hunter2";
        (await _program.RunAsync("setup", "github", "--address", "https://agent.example.com", "--replace")).Error.ShouldContain(l => l.Contains("Forge:GitHub:Token is set", StringComparison.Ordinal));
    }

    /// <summary>Whoever is faster must not make this service work for an App of theirs.</summary>
    [Fact]
    public async Task Pages_WithoutKeyOrState_GiveAStrangerNothing()
    {
        using var setup = Start();
        var address = $"http://127.0.0.1{(await setup.LineAfterAsync("  http://127.0.0.1")).Split('?')[0]}";
        foreach (var path in new[] { "", "?key=", "?key=0000", "/done", "/done?code=abc", "/done?code=abc&state=" })
        {
            var answer = await GetAsync(address + path);
            answer.Status.ShouldBe(HttpStatusCode.Forbidden, path);
            answer.Text.ShouldNotContain("<form");
            answer.Text.ShouldNotContain("state=");
        }

        File.Exists(Path.Combine(_program.Folder, "data", "github-app.sealed")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("0123456789abcdef")]
    [InlineData("../../user")]
    [InlineData("")]
    public async Task Back_WithACodeThatIsNone_SaysSoAndCanBeginAgain(string code)
    {
        using var setup = Start();
        var page = $"http://127.0.0.1{await setup.LineAfterAsync("  http://127.0.0.1")}";
        var form = WebUtility.HtmlDecode(Action().Match((await GetAsync(page)).Text).Groups[1].Value);
        var answer = await GetAsync($"{page.Split('?')[0]}/done?code={Uri.EscapeDataString(code)}&{form.Split('?')[1]}");
        answer.Status.ShouldBe(HttpStatusCode.BadGateway);
        answer.Text.ShouldContain("Begin again");
        (await GetAsync(page)).Text.ShouldContain("<form");
    }

    [Theory]
    [InlineData("http://agent.example.com", "must be https")]
    [InlineData("agent.example.com", "write scheme and host")]
    [InlineData("https://agent.example.com/base", "without a path")]
    [InlineData("https://me:hunter2@agent.example.com", "without a path")]
    public async Task Address_ThatCannotBe_IsToldInOneLine(string address, string words)
    {
        var result = await _program.RunAsync("setup", "github", "--address", address);
        (result.ExitCode, result.Error.Length).ShouldBe((2, 1));
        result.Error[0].ShouldContain(words);
    }

    private ChildProgram.RunningChild Start() =>
        _program.Start("setup", "github", "--address", "https://agent.example.com", "--organization", "acme", "--urls", $"http://127.0.0.1:{_port}");

    private async Task<(HttpStatusCode Status, string Text, string Policy)> GetAsync(string address)
    {
        using var answer = await _browser.GetAsync(address);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.GetValues("Content-Security-Policy").Single());
    }

    [GeneratedRegex("action=\"([^\"]+)\"")]
    private static partial Regex Action();

    [GeneratedRegex("name=\"manifest\" value=\"([^\"]+)\"")]
    private static partial Regex Manifest();
}
