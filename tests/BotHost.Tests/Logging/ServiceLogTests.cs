using System.Text.Json.Nodes;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Tests.Commands;
using Microsoft.Extensions.Configuration;
using Serilog.Events;

namespace CodingAgent.BotHost.Tests.Logging;

public sealed class ServiceLogTests : IDisposable
{
    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData("Asia/Tokyo", "text")]
    [InlineData("America/New_York", "text")]
    [InlineData("Asia/Kathmandu", "json")]
    public async Task Log_WhateverTheZone_TellsUtc(string zone, string format)
    {
        _program.Environment["TZ"] = zone;
        _program.Environment["Logging__Format"] = format;
        var before = TimeProvider.System.GetUtcNow();
        using var service = _program.Start("serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", "data");
        await service.LineAfterAsync("Now listening on: ");
        var line = service.Output.Split('\n').First(l => l.Contains("Now listening on: ", StringComparison.Ordinal));

        var stamp = format == "json" ? JsonNode.Parse(line)!["@t"]!.GetValue<string>() : line.Split(' ')[0];
        stamp.ShouldEndWith("Z");
        DateTimeOffset.Parse(stamp, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(before.AddSeconds(-1), TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task Log_AsJson_IsOneObjectALineWithSecretsMaskedAndNoLineADelivery()
    {
        // What JSON writes with escapes must be masked all the same.
        _program.Environment["Forge__GitHub__WebhookSecret"] = """hunter2"with\quotes""";
        _program.Environment["Logging__Format"] = "json";
        _program.Environment["Forge__GitHub__Repositories"] = "acme/shop";
        using var service = _program.Start("serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", "data");
        using var http = new HttpClient { BaseAddress = new Uri(UrlIn(await service.LineAfterAsync("Now listening on: "))) };
        await _program.DeliverAsync(http, "quiet-delivery", """{"action":"opened","issue":{"number":12},"repository":{"full_name":"octo/hello"},"sender":{"login":"mona","id":1,"type":"User"}}"""u8.ToArray());
        service.Terminate();
        await service.EndAsync();

        foreach (var line in service.Output.Split('\n'))
            JsonNode.Parse(line)!["@t"].ShouldNotBeNull(line);
        service.Output.ShouldNotContain("hunter2");
        service.Output.ShouldNotContain("quiet-delivery");
    }

    [Fact]
    public async Task Log_AtDebug_TellsEachDelivery()
    {
        _program.Environment["Logging__LogLevel__CodingAgent.BotHost"] = "Debug";
        using var service = _program.Start("serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", "data");
        using var http = new HttpClient { BaseAddress = new Uri(await service.LineAfterAsync("Now listening on: ")) };
        await _program.DeliverAsync(http, "told-delivery", """{"action":"opened","issue":{"number":12},"repository":{"full_name":"octo/hello"},"sender":{"login":"mona","id":1,"type":"User"}}"""u8.ToArray());
        (await service.LineAfterAsync("Delivery told-delivery (issues) ")).ShouldStartWith("accepted");
    }

    [Fact]
    public void Settings_Levels_AreNamedAsNetNamesThem()
    {
        var settings = Read(("Logging:Format", "JSON"), ("Logging:LogLevel:Default", "Warning"), ("Logging:LogLevel:CodingAgent.Forges", "trace"));
        (settings.IsJson, settings.Default).ShouldBe((true, LogEventLevel.Warning));
        settings.Categories.ShouldBe([("CodingAgent.Forges", LogEventLevel.Verbose)]);
        var plain = Read();
        (plain.IsJson, plain.Default, plain.Categories.Count).ShouldBe((false, LogEventLevel.Information, 0));
        Should.Throw<ConfigurationException>(() => Read(("Logging:Format", "xml"))).Message.ShouldContain("text or json");
        Should.Throw<ConfigurationException>(() => Read(("Logging:LogLevel:Default", "loud"))).Message.ShouldContain("Logging:LogLevel:Default is 'loud'");
    }

    // Inside JSON the address is followed by the rest of the object.
    private static string UrlIn(string rest) => rest.Split('"')[0];

    private static LogSettings Read(params (string Key, string? Value)[] keys) =>
        LogSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(keys.Select(k => KeyValuePair.Create(k.Key, k.Value))).Build());
}
