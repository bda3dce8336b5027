using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Tests.Commands;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace CodingAgent.BotHost.Tests.Configuration;

/// <summary>The guide says of each setting what the reader does with it.</summary>
public sealed class SettingCatalogueTests : IDisposable
{
    private const string Begin = "with UPDATE_SNAPSHOTS=1 -->\n";
    private const string End = "<!-- /settings -->";

    private static readonly JsonSerializerOptions Shown = new()
    {
        WriteIndented = true,
        Converters = { new RangeConverter() },
        // What a setting becomes, but for code.
        TypeInfoResolver = new DefaultJsonTypeInfoResolver
        {
            Modifiers = { type => type.Properties.Where(p => typeof(Delegate).IsAssignableFrom(p.PropertyType)).ToList().ForEach(p => type.Properties.Remove(p)) },
        },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("setting-catalogue-").FullName;
    private readonly Dictionary<string, string?> _base;

    public SettingCatalogueTests()
    {
        File.WriteAllText(Path.Combine(_folder, "planner.append.md"), "Be brief.");
        // What must be set, and what there must be for the parts that are free.
        _base = new(StringComparer.OrdinalIgnoreCase)
        {
            ["DataDirectory"] = "data",
            ["Forge:GitHub:Token"] = "t",
            ["Forge:GitHub:WebhookSecret"] = "a",
            ["Forge:GitHub:WebhookSecrets:0:For"] = "acme",
            ["Forge:GitHub:WebhookSecrets:0:Secret"] = "b",
            ["Forge:GitLab:Token"] = "t",
            ["Forge:GitLab:WebhookSecret"] = "c",
            ["Forge:GitLab:WebhookSecrets:0:For"] = "acme",
            ["Forge:GitLab:WebhookSecrets:0:Secret"] = "d",
            ["Models:ApiKey"] = "m",
            ["Models:Default"] = "gpt-x",
            ["Models:Prices:x:Input"] = "1",
            ["Models:Prices:x:CachedInput"] = "1",
            ["Models:Prices:x:Output"] = "1",
            ["Agents:Variants:x:Folder"] = _folder,
            ["Commits:SigningKeyFile"] = "key",
            ["Search:Embeddings:Model"] = "embedder",
            ["SetUp:Secrets:x:Value"] = "v",
            ["SetUp:Secrets:x:Hosts"] = "feed.example.com",
            ["SetUp:Secrets:x:Repositories"] = "github:acme/*",
            ["Mcp:Servers:x:Package"] = "npm:x@1.2.3",
            ["Mcp:Servers:x:Digest"] = "sha512-" + Convert.ToBase64String(new byte[64]),
            ["Mcp:Servers:x:Command"] = "x",
            ["Mcp:Servers:x:Tools"] = "look",
        };
    }

    public static TheoryData<string> WithDefault => [.. SettingCatalogue.All.Where(s => ValueOf(s.Default) is not null).Select(s => s.Name)];

    public static TheoryData<string> Checked => [.. SettingCatalogue.All.Where(s => s.Kind is SettingKind.Choice or SettingKind.Flag or SettingKind.Number or SettingKind.Seconds or SettingKind.Duration or SettingKind.Size or SettingKind.Address).Select(s => s.Name)];

    public static IEnumerable<object[]> Choices => SettingCatalogue.All.SelectMany(s => s.Choices.Select(c => (object[])[s.Name, c]));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Guide_TablesAreTheCatalogue()
    {
        var file = Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "..", "docs", "guide", "configuration.md");
        var guide = File.ReadAllText(file);
        var tables = string.Concat(SettingCatalogue.Groups.Select(g => $"\n### {g.Heading}\n| key | holds | default | meaning |\n|---|---|---|---|\n{string.Concat(g.Settings.Select(Row))}"));
        var (begin, end) = (guide.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, guide.IndexOf(End, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(file, guide = guide[..begin] + tables + guide[end..]);
            end = guide.IndexOf(End, StringComparison.Ordinal);
        }

        guide[begin..end].ShouldBe(tables, "UPDATE_SNAPSHOTS=1 writes docs/guide/configuration.md anew");
    }

    [Fact]
    public void Names_AreEachToldOnce() => SettingCatalogue.All.Select(s => s.Name).ShouldBeUnique();

    [Fact]
    public void Names_AreWhatTheReaderAsksFor()
    {
        var asked = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        HostSettingsReader.Read(new ConfigurationRoot([new Listener(new MemoryConfigurationSource { InitialData = _base.Append(new("Logging:LogLevel:x", "Debug")) }, asked)]));

        // The name of a section is asked for where it must not be a text.
        asked.Where(key => !SettingCatalogue.All.Any(s => s.Is(key) || (s with { Name = string.Join(':', s.Name.Split(':').Take(key.Split(':').Length)) }).Is(key))).ShouldBeEmpty("is read, and stands not in the catalogue");
        SettingCatalogue.All.Where(s => !asked.Any(s.Is)).Select(s => s.Name).ShouldBeEmpty("stands in the catalogue, and is not read");
    }

    [Theory]
    [MemberData(nameof(WithDefault))]
    public void Default_Set_IsReadAsNothingSet(string name)
    {
        var key = KeyOf(name);
        var without = Read();
        _base.Remove(key);

        Read((key, ValueOf(SettingCatalogue.All.Single(s => s.Name == name).Default))).ShouldBe(without);
    }

    [Theory]
    [MemberData(nameof(Checked))]
    public void Value_OfAnotherKind_IsRefusedByName(string name) =>
        Should.Throw<ConfigurationException>(() => Read((KeyOf(name), "::neither nor"))).Message.ShouldContain(name.StartsWith("OPENAI", StringComparison.Ordinal) ? name : KeyOf(name));

    [Theory]
    [MemberData(nameof(Choices))]
    public void Choice_EachOfThem_IsTaken(string name, string value) => Read((KeyOf(name), value)).ShouldNotBeEmpty();

    [Fact]
    public async Task Options_AreThoseOfTheCommand()
    {
        using var program = new ChildProgram();
        var help = await program.RunAsync("serve", "--help");

        string.Join('\n', help.Output).Split((char[])[' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(w => w.StartsWith("--", StringComparison.Ordinal)).Except(["--help"])
            .ShouldBe(SettingCatalogue.All.Select(s => s.Option).OfType<string>(), ignoreOrder: true);
    }

    // A cell ends at a bar.
    private static string Row(Setting setting) =>
        $"| `{setting.Name}`{(setting.Option is { } option ? $", `{option}`" : "")} | {Holds(setting)} | {setting.Default} | {setting.Meaning.Replace("|", "\\|", StringComparison.Ordinal)} |\n";

    private static string Holds(Setting setting) => setting.Kind switch
    {
        SettingKind.Choice => string.Join(", ", setting.Choices.Select(c => $"`{c}`")),
        SettingKind.Flag => "`true`, `false`",
        SettingKind.Secrets => "secret",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    private static string KeyOf(string name) => string.Join(':', name.Split(':').Select(part => part == "<n>" ? "0" : part[0] == '<' ? "x" : part));

    // A value in backticks, and nothing beside it.
    private static string? ValueOf(string markdown) => markdown.Length > 2 && markdown[0] == '`' && markdown.IndexOf('`', 1) == markdown.Length - 1 ? markdown[1..^1] : null;

    private string Read(params (string Key, string? Value)[] more)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(_base).AddInMemoryCollection(more.Select(m => KeyValuePair.Create(m.Key, m.Value))).Build();
        return JsonSerializer.Serialize(HostSettingsReader.Read(configuration), Shown);
    }

    private static string Here([CallerFilePath] string file = "") => file;

    /// <summary>Remembers what is asked for.</summary>
    private sealed class Listener(MemoryConfigurationSource source, HashSet<string> asked) : MemoryConfigurationProvider(source)
    {
        public override bool TryGet(string key, out string? value)
        {
            asked.Add(key);
            return base.TryGet(key, out value);
        }
    }

    private sealed class RangeConverter : JsonConverter<IPNetwork>
    {
        public override IPNetwork Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, IPNetwork value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
