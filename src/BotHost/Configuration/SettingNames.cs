using System.Collections;
using CodingAgent.Agents.Tools;
using Microsoft.Extensions.Configuration.Json;

namespace CodingAgent.BotHost.Configuration;

/// <summary>
/// What of a configuration is no setting of <see cref="SettingCatalogue"/>: a misspelt name would be passed over in silence. Names of .NET's
/// own (Logging, Kestrel, ...) and of other programs are nobody's mistake.
/// </summary>
public static class SettingNames
{
    private static readonly IReadOnlyList<string> Names = [.. SettingCatalogue.All.Select(s => s.Name)];

    private static readonly HashSet<string> Sections = new(Names.Where(n => n.Contains(':', StringComparison.Ordinal)).Select(n => n.Split(':')[0]), StringComparer.OrdinalIgnoreCase);

    // What else a settings file of a .NET program may hold.
    private static readonly HashSet<string> Foreign = new(
        ["Logging", "Kestrel", "AllowedHosts", "ConnectionStrings", "Serilog", "OpenTelemetry", "Http_Ports", "Https_Ports", "Environment", "ApplicationName", "ContentRoot", "$schema"], StringComparer.OrdinalIgnoreCase);

    // Variables of the OpenAI clients in other languages, which share this service's environment and mean nothing here.
    private static readonly string[] OtherPrograms = ["OPENAI_ORG", "OPENAI_PROJECT", "OPENAI_LOG", "OPENAI_API_TYPE", "OPENAI_API_VERSION", "OPENAI_MODEL"];

    /// <summary>What is set and is no setting, one line each.</summary>
    /// <param name="configuration">The configuration: its settings files are looked through, and the process's environment.</param>
    public static IReadOnlyList<string> Unknown(IConfiguration configuration) => Unknown(configuration, Environment.GetEnvironmentVariables());

    /// <summary>Likewise, in this environment.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="environment">Variables by name.</param>
    public static IReadOnlyList<string> Unknown(IConfiguration configuration, IDictionary environment) =>
    [
        .. environment.Keys.OfType<string>().Order(StringComparer.Ordinal).Select(OfVariable).OfType<string>(),
        .. ((configuration as IConfigurationRoot)?.Providers ?? []).OfType<JsonConfigurationProvider>().SelectMany(file => KeysOf(file, null).Select(key => OfFile(key, file.Source.Path ?? "the settings file"))).OfType<string>(),
    ];

    private static string? OfVariable(string name)
    {
        var key = name.Replace("__", ":", StringComparison.Ordinal);
        if (IsKnown(key) || OtherPrograms.Any(o => name.StartsWith(o, StringComparison.Ordinal)))
            return null;
        // One underline where there should be two, or none: the letters are right.
        var letters = Letters(name);
        var meant = Names.FirstOrDefault(n => !n.Contains('<', StringComparison.Ordinal) && Letters(n) == letters);
        // Of other programs' variables only what is nearly ours is told.
        var section = key.Split(':')[0];
        var isOurs = key.Contains(':', StringComparison.Ordinal) && !IsForeign(key) && (Sections.Contains(section) || Nearest.Of(section, Sections) is not null);
        meant ??= isOurs || name.StartsWith("OPENAI_", StringComparison.OrdinalIgnoreCase) ? NearestOf(key) : null;
        return meant is not null || (isOurs && Sections.Contains(section)) ? Line($"The environment variable {name}", meant is null ? null : VariableOf(meant)) : null;
    }

    private static string? OfFile(string key, string file) =>
        IsKnown(key) || IsForeign(key) ? null : Line($"{key} in {file}", NearestOf(key));

    // But for what is nearly one of ours among .NET's.
    private static bool IsForeign(string key) => Foreign.Contains(key.Split(':')[0]) && Nearest.Of(key, Names.Where(n => !n.Contains('<', StringComparison.Ordinal))) is null;

    private static string Line(string what, string? meant) => $"{what} is no setting, and nothing reads it{(meant is null ? ". All are listed in docs/guide/configuration.md." : $"; is {meant} meant?")}";

    private static string VariableOf(string key) => key.Replace(":", "__", StringComparison.Ordinal);

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    private static bool IsKnown(string key) => SettingCatalogue.All.Any(s => s.Is(key));

    // Free parts are taken over from what is written.
    private static string? NearestOf(string key)
    {
        var parts = key.Split(':');
        return Nearest.Of(key, Names.Select(name => name.Split(':') is var n && n.Length == parts.Length ? string.Join(':', n.Select((p, i) => Setting.IsFree(p) ? parts[i] : p)) : name).Where(n => !n.Contains('<', StringComparison.Ordinal)));
    }

    // Names whose value is another level have none themselves.
    private static IEnumerable<string> KeysOf(IConfigurationProvider provider, string? parent)
    {
        foreach (var part in provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var key = parent is null ? part : $"{parent}:{part}";
            var below = KeysOf(provider, key).ToList();
            if (below.Count == 0)
                yield return key;
            foreach (var inner in below)
                yield return inner;
        }
    }
}
