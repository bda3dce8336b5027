using CodingAgent.BotHost.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

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

    [Fact]
    public void All_IsWhatTheReaderAsksFor()
    {
        var asked = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var values = new Dictionary<string, string?>
        {
            ["Forge:GitHub:Token"] = "t",
            ["Forge:GitHub:WebhookSecrets:0:For"] = "acme",
            ["Forge:GitHub:WebhookSecrets:0:Secret"] = "s",
            ["Api:Key"] = "k",
            ["Models:ApiKey"] = "m",
            ["Models:Default"] = "gpt-x",
            ["Models:Prices:gpt-x:Input"] = "1",
            ["Models:Prices:gpt-x:CachedInput"] = "1",
            ["Models:Prices:gpt-x:Output"] = "1",
        };
        var configuration = new ConfigurationRoot([new Listener(new MemoryConfigurationSource { InitialData = values }, asked)]);
        HostSettingsReader.Read(configuration);

        foreach (var key in asked.Where(k => k is not ("Forge" or "Models" or "Egress" or "Logging")))
            SettingNames.All.ShouldContain(name => Fits(name, key) || name.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase), $"{key} is read, and SettingNames does not have it");
    }

    [Fact]
    public void All_StandsInTheGuide()
    {
        var guide = File.ReadAllText(Path.Combine(Root(), "docs", "guide", "configuration.md"));
        foreach (var name in SettingNames.All.Select(n => n.Split('*')[0].TrimEnd(':')).Distinct())
        {
            // Names beside each other share their beginning: `Models:Prices:<model>:Input`, `:CachedInput`.
            var last = name.Split(':')[^1];
            guide.ShouldContain(last, Case.Sensitive, $"docs/guide/configuration.md does not tell {name}");
        }
    }

    private static IReadOnlyList<string> OfEnvironment(string name) =>
        SettingNames.Unknown(new ConfigurationBuilder().Build(), new Dictionary<string, string> { [name] = "x" });

    private static bool Fits(string name, string key) =>
        name.Split(':') is var n && key.Split(':') is var k && n.Length == k.Length && n.Zip(k).All(p => p.First == "*" || p.First.Equals(p.Second, StringComparison.OrdinalIgnoreCase));

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "CodingAgent.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    /// <summary>Remembers what is asked for.</summary>
    private sealed class Listener(MemoryConfigurationSource source, HashSet<string> asked) : MemoryConfigurationProvider(source)
    {
        public override bool TryGet(string key, out string? value)
        {
            asked.Add(key);
            return base.TryGet(key, out value);
        }
    }
}
