using CodingAgent.BotHost.Configuration;
using Microsoft.Extensions.Configuration;

namespace CodingAgent.BotHost.Tests.Configuration;

public sealed class SettingNamesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("setting-names-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Modles__Default", "Models__Default")]
    [InlineData("MODELS__DEFUALT", "Models__Default")]
    [InlineData("Forge_GitHub_Token", "Forge__GitHub__Token")]
    [InlineData("FORGE_GITHUB_WEBHOOK_SECRET", "Forge__GitHub__WebhookSecret")]
    [InlineData("Forge__Github__Tokne", "Forge__GitHub__Token")]
    [InlineData("Forge__GitHub__WebhookSecrets__0__Secert", "Forge__GitHub__WebhookSecrets__0__Secret")]
    [InlineData("Models__Prices__gpt-x__Ouput", "Models__Prices__gpt-x__Output")]
    [InlineData("OPENAI_APIKEY", "OPENAI_API_KEY")]
    [InlineData("OPENAI_BASEURL", "OPENAI_BASE_URL")]
    [InlineData("OPENAI_API_BASE_URL", "OPENAI_BASE_URL")]
    [InlineData("DATA_DIRECTORY", "DataDirectory")]
    [InlineData("Logging__Fromat", "Logging__Format")]
    public void Environment_Misspelt_IsNamedWithTheNearest(string name, string meant)
    {
        var line = OfEnvironment(name).ShouldHaveSingleItem();
        line.ShouldContain($"The environment variable {name} is no setting");
        line.ShouldEndWith($"is {meant} meant?");
    }

    [Theory]
    [InlineData("Models__Prices__gpt-x__Input")]
    [InlineData("FORGE__GITHUB__TOKEN")]
    [InlineData("Forge__GitHub__WebhookSecret__1")]
    [InlineData("OPENAI_API_KEY")]
    [InlineData("OPENAI_ORG_ID")]
    [InlineData("Logging__LogLevel__Default")]
    [InlineData("Logging__Console__FormatterName")]
    [InlineData("Logging__EventLog__Default")]
    [InlineData("Kestrel__Limits__MaxConcurrentConnections")]
    [InlineData("ASPNETCORE_URLS")]
    [InlineData("DOTNET_gcServer")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT")]
    [InlineData("npm_config__auth")]
    [InlineData("__CF_USER_TEXT_ENCODING")]
    [InlineData("PATH")]
    [InlineData("GITHUB_TOKEN")]
    public void Environment_KnownOrSomebodyElses_IsNotTold(string name) => OfEnvironment(name).ShouldBeEmpty();

    [Fact]
    public void Environment_UnknownInASectionOfOurs_IsToldWithoutAGuess() =>
        OfEnvironment("Temporal__SomethingEntirelyDifferent").ShouldHaveSingleItem().ShouldEndWith("All are listed in docs/guide/configuration.md.");

    [Fact]
    public void File_UnknownKeys_AreToldAndNetsOwnAreNot()
    {
        File.WriteAllText(Path.Combine(_folder, "appsettings.json"), """
            { "Logging": { "LogLevel": { "Default": "Debug" } }, "AllowedHosts": "*", "Kestrel": { "Limits": {} },
              "Model": { "Default": "gpt-x" }, "Temporal": { "Port": 1, "Pott": 2 }, "Egress": { "Hosts": [ "a.example" ] }, "Wheather": { "Sunny": true } }
            """);
        var configuration = new ConfigurationBuilder().SetBasePath(_folder).AddJsonFile("appsettings.json").Build();

        var lines = SettingNames.Unknown(configuration, new Dictionary<string, string>());

        lines.Count.ShouldBe(3);
        lines.ShouldContain(l => l.StartsWith("Model:Default in appsettings.json is no setting", StringComparison.Ordinal) && l.EndsWith("is Models:Default meant?", StringComparison.Ordinal));
        lines.ShouldContain(l => l.Contains("Temporal:Pott", StringComparison.Ordinal) && l.EndsWith("is Temporal:Port meant?", StringComparison.Ordinal));
        lines.ShouldContain(l => l.StartsWith("Wheather:Sunny in", StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> OfEnvironment(string name) =>
        SettingNames.Unknown(new ConfigurationBuilder().Build(), new Dictionary<string, string> { [name] = "x" });
}
