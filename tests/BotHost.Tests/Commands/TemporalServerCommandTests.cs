namespace CodingAgent.BotHost.Tests.Commands;

public sealed class TemporalServerCommandTests : IDisposable
{
    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData("--listen", "everywhere", "--listen")]
    [InlineData("--listen", "0.0.0.0", "without an API key")]
    [InlineData("--port", "70000", "--port")]
    [InlineData("--retention", "soon", "--retention")]
    [InlineData("--retention", "0d", "--retention")]
    [InlineData("--max-db-size", "4", "--max-db-size")]
    [InlineData("--max-db-size", "-1GB", "--max-db-size")]
    [InlineData("--namespace", "", "namespace")]
    public async Task TemporalServer_BadOption_Exits2WithOneLine(string option, string value, string says)
    {
        var result = await _program.RunAsync("temporal-server", option, value);

        result.ExitCode.ShouldBe(2);
        result.Output.ShouldBeEmpty();
        result.Error.ShouldHaveSingleItem().ShouldContain(says, Case.Insensitive);
    }

    [Fact]
    public async Task TemporalServer_AKeyAndNone_Exits2WithOneLine()
    {
        var result = await _program.RunAsync("temporal-server", "--port", "0", "--allow-unauthenticated", "--key-file", "temporal.key");
        result.ExitCode.ShouldBe(2);
        result.Error.ShouldHaveSingleItem().ShouldContain("--key-file");
    }

    [Fact]
    public async Task TemporalServer_BadKey_Exits2WithoutShowingIt()
    {
        _program.Environment["Temporal__ApiKey"] = "hunter2 and more";

        var result = await _program.RunAsync("temporal-server", "--port", "0", "--listen", "0.0.0.0");

        result.ExitCode.ShouldBe(2);
        result.Error.ShouldHaveSingleItem().ShouldNotContain("hunter2");
    }
}
