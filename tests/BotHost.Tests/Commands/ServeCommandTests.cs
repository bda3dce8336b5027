using System.Net;
using System.Net.Sockets;
using CodingAgent.BotHost.Tests.Api;

namespace CodingAgent.BotHost.Tests.Commands;

public sealed class ServeCommandTests : IDisposable
{
    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Serve_SecretMissing_Exits2WithOneLine()
    {
        _program.Environment.Remove("Forge__GitHub__Token");

        await ShouldRefuseAsync(["serve"], "Forge:GitHub:Token");
    }

    [Fact]
    public async Task Serve_BadOption_Exits2WithOneLine() => await ShouldRefuseAsync(["serve", "--urls", "8080"], "Urls");

    [Fact]
    public async Task Serve_SecretOfSetUpInAWrongPlace_Exits2WithoutIt()
    {
        _program.Environment["SetUp__Secrets__feed__Value"] = _program.Environment["Models__Api"] = "Bearer hunter2";

        await ShouldRefuseAsync(["serve"], "Models:Api");
    }

    [Fact]
    public async Task Serve_SettingsFileIsNotJson_Exits2WithOneLine()
    {
        await File.WriteAllTextAsync(Path.Combine(_program.Folder, "appsettings.json"), "{ nonsense");

        await ShouldRefuseAsync(["serve"], "appsettings.json");
    }

    [Fact]
    public async Task Serve_DataFolderIsAFile_Exits2WithOneLine()
    {
        await File.WriteAllTextAsync(Path.Combine(_program.Folder, "taken"), "");

        await ShouldRefuseAsync(["serve", "--role", "web", "--data", "taken/data"], "--data");
    }

    [Fact]
    public async Task Serve_PortTaken_Exits2WithOneLine()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        await ShouldRefuseAsync(["serve", "--role", "web", "--urls", $"http://{other.LocalEndpoint}"], "--urls");
    }

    [Fact]
    public async Task Serve_TemporalPortTaken_Exits2WithOneLine()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        await ShouldRefuseAsync(["serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--temporal-port", $"{((IPEndPoint)other.LocalEndpoint).Port}"], "port");
    }

    [Fact]
    public async Task Serve_AddressOfAnotherMachine_Exits2WithOneLine() =>
        await ShouldRefuseAsync(["serve", "--role", "web", "--urls", "http://192.0.2.1:8080"], "--urls");

    /// <summary>With all that the service maps and sets beside the API: nothing of it slips into the document.</summary>
    [Fact]
    public async Task Serve_TheApisDocument_IsThePublishedOne()
    {
        using var service = _program.Start("serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", "data");
        using var http = new HttpClient { BaseAddress = new Uri(await service.LineAfterAsync("Now listening on: ")) };
        HttpResponseMessage answer;
        while ((answer = await http.GetAsync("/openapi/v1.json")).StatusCode == HttpStatusCode.ServiceUnavailable)
            await Task.Delay(answer.Headers.RetryAfter!.Delta!.Value);

        ((await answer.Content.ReadAsStringAsync()) + "\n").ShouldBe(await File.ReadAllTextAsync(ApiContract.Path));
        (await http.GetAsync("/scalar/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private async Task ShouldRefuseAsync(string[] arguments, string says)
    {
        var result = await _program.RunAsync(arguments);

        var line = result.Error.ShouldHaveSingleItem();
        line.ShouldStartWith("codingagent: ");
        line.ShouldContain(says);
        line.ShouldNotContain("hunter2");
        string.Join('\n', result.Output).ShouldNotContain("hunter2");
        // Nothing was begun that would have to be undone, and nobody is shown the inside of the program.
        result.Output.ShouldNotContain(l => l.Contains("polls", StringComparison.Ordinal) || l.Contains("   at ", StringComparison.Ordinal) || l.Contains("Exception", StringComparison.Ordinal));
        result.ExitCode.ShouldBe(2);
    }

    [Fact]
    public async Task Serve_PortTakenWithAWorker_BeginsNothing()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        await ShouldRefuseAsync(["serve", "--urls", $"http://{other.LocalEndpoint}", "--data", "data"], "stop it, or choose another address with --urls");
        File.Exists(Path.Combine(_program.Folder, "data", "temporal.db")).ShouldBeFalse();
    }

    [Fact]
    public async Task Serve_DatabaseLockedByAnotherProcess_Exits2WithOneLine()
    {
        var data = Directory.CreateDirectory(Path.Combine(_program.Folder, "data")).FullName;
        using (await Storage.SqliteDatabase.OpenAsync(Path.Combine(data, "bot.db"), default))
        {
            // Made; now held as an open sqlite3 would hold it.
        }

        await using var holder = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(data, "bot.db")};Pooling=False");
        await holder.OpenAsync();
        await using var hold = holder.CreateCommand();
        hold.CommandText = "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE held (x)";
        await hold.ExecuteNonQueryAsync();

        await ShouldRefuseAsync(["serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", "data"], "is locked by another process");
    }

    [Fact]
    public async Task Serve_SecretInTheWrongPlace_IsNotShown()
    {
        _program.Environment["OPENAI_BASE_URL"] = "sk-hunter2hunter2hunter2";
        await ShouldRefuseAsync(["serve"], "OPENAI_BASE_URL");
        _program.Environment["OPENAI_BASE_URL"] = _program.Environment["OPENAI_API_KEY"];
        await ShouldRefuseAsync(["serve"], "OPENAI_BASE_URL");
    }

    [Theory]
    [InlineData("/proc/nothing-can-be-made-here", "The data folder /proc/nothing-can-be-made-here cannot be made or written")]
    [InlineData("/dev/null/data", "The data folder /dev/null/data cannot be made or written")]
    public async Task Serve_DataFolderCannotBeMade_NamesItAndTheOption(string folder, string says) => await ShouldRefuseAsync(["serve", "--role", "web", "--data", folder], says);
}
