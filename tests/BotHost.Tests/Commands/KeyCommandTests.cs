using System.Net;
using System.Net.Http.Headers;

namespace CodingAgent.BotHost.Tests.Commands;

public sealed class KeyCommandTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Keys_MadeBeforeTheFirstStart_CountUntilTheyAreRevoked()
    {
        _program.Environment.Remove("Api__Key");
        var viewer = await CreateAsync("dashboard", "viewer");
        var admin = await CreateAsync("me", "admin", "--expires", "90d");

        var url = new Uri($"http://127.0.0.1:{ChildProgram.FreePort()}");
        using var service = _program.Start("serve", "--role", "web", "--data", "data", "--urls", url.ToString());
        using var http = new HttpClient { BaseAddress = url };
        await UntilAsync(service, async () => await StatusAsync(http, "health/ready", null) == HttpStatusCode.OK);

        (await StatusAsync(http, "tasks", viewer)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(http, "metrics", viewer)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(http, "tasks", admin)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(http, "tasks", "api-hunter2")).ShouldBe(HttpStatusCode.Unauthorized);

        (await TextAsync("revoke", "dashboard", "--data", "data")).ShouldBe((0, "Key dashboard is refused from now on."));
        (await StatusAsync(http, "tasks", viewer)).ShouldBe(HttpStatusCode.Unauthorized);

        var list = (await TextAsync("list", "--data", "data")).Text;
        list.ShouldContain("dashboard: viewer");
        list.ShouldContain("revoked 20");
        list.ShouldContain("me: admin");
        list.ShouldNotContain(admin);
        service.Output.ShouldContain("key dashboard is revoked, from 127.0.0.1");
        service.Output.ShouldNotContain(viewer);
        service.Output.ShouldNotContain("There is no API key");
    }

    [Fact]
    public async Task Serve_WithoutAnyKey_SaysHowToMakeOne()
    {
        _program.Environment.Remove("Api__Key");
        using var service = _program.Start("serve", "--role", "web", "--data", "data", "--urls", $"http://127.0.0.1:{ChildProgram.FreePort()}");
        await UntilAsync(service, () => Task.FromResult(service.Output.Contains("codingagent key create NAME --role operator", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("a name has 1 to 40", "create", "a b", "--role", "viewer")]
    [InlineData("root", "create", "a", "--role", "root")]
    [InlineData("'--role' is required", "create", "a")]
    [InlineData("--expires is 'soon'", "create", "a", "--role", "viewer", "--expires", "soon")]
    [InlineData("no key named 'nobody'", "revoke", "nobody")]
    public async Task Key_ThatCannotBe_IsRefusedInOneLine(string says, params string[] arguments)
    {
        await CreateAsync("taken", "viewer");
        var (exit, text) = await TextAsync([.. arguments, "--data", "data"]);
        exit.ShouldNotBe(0);
        text.ShouldContain(says, Case.Insensitive);
    }

    [Fact]
    public async Task Key_OfATakenNameOrWithoutAService_IsRefused()
    {
        await CreateAsync("taken", "viewer");
        (await TextAsync("create", "taken", "--role", "admin", "--data", "data")).Text.ShouldContain("choose another name");
        (await TextAsync("list", "--data", "elsewhere")).Text.ShouldContain("name the service's data folder with --data");
        Directory.Exists(Path.Combine(_program.Folder, "elsewhere")).ShouldBeFalse();
    }

    private async Task<string> CreateAsync(string name, string role, params string[] more)
    {
        var made = await _program.RunAsync(["key", "create", name, "--role", role, "--data", "data", .. more]);
        made.ExitCode.ShouldBe(0, string.Join('\n', made.Error));
        // Alone on standard output, so that a script can take it.
        return made.Output.ShouldHaveSingleItem();
    }

    private async Task<(int Exit, string Text)> TextAsync(params string[] arguments)
    {
        var result = await _program.RunAsync(["key", .. arguments]);
        return (result.ExitCode, string.Join('\n', [.. result.Output, .. result.Error]));
    }

    private static async Task<HttpStatusCode?> StatusAsync(HttpClient http, string path, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var answer = await http.SendAsync(request);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return null;
        }
    }

    private static async Task UntilAsync(ChildProgram.RunningChild service, Func<Task<bool>> isSo)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            service.HasExited.ShouldBeFalse(service.Output);
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Patience, service.Output);
            await Task.Delay(50);
        }
    }
}
