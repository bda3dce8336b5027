using System.Net;
using System.Net.Sockets;

namespace CodingAgent.BotHost.Tests.Commands;

public sealed class ServeCommandTests : IDisposable
{
    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData("Forge__GitHub__Token", "Forge:GitHub:Token")]
    [InlineData("Api__Key", "Api:Key")]
    public async Task Serve_SecretMissing_Exits2WithOneLine(string variable, string key)
    {
        _program.Environment.Remove(variable);

        await ShouldRefuseAsync(["serve"], key);
    }

    [Fact]
    public async Task Serve_BadOption_Exits2WithOneLine() => await ShouldRefuseAsync(["serve", "--urls", "8080"], "Urls");

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

    private async Task ShouldRefuseAsync(string[] arguments, string says)
    {
        var result = await _program.RunAsync(arguments);

        var line = result.Error.ShouldHaveSingleItem();
        line.ShouldStartWith("codingagent: ");
        line.ShouldContain(says);
        line.ShouldNotContain("hunter2");
        string.Join('\n', result.Output).ShouldNotContain("hunter2");
        result.ExitCode.ShouldBe(2);
    }
}
