using Serilog.Events;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The keys <c>Logging:*</c>: what is said, and as what.</summary>
/// <param name="IsJson">One JSON object a line (Serilog's compact format) instead of text.</param>
/// <param name="Default">Least level of what has none of its own.</param>
/// <param name="Categories">Least levels of categories, by the beginning of their names.</param>
public sealed record LogSettings(bool IsJson, LogEventLevel Default, IReadOnlyList<(string Category, LogEventLevel Least)> Categories)
{
    private const string Format = "Logging:Format";
    private const string Levels = "Logging:LogLevel";

    /// <summary>Text, from information on.</summary>
    public static LogSettings Text { get; } = new(false, LogEventLevel.Information, []);

    /// <summary>Reads and checks them; levels have .NET's names.</summary>
    /// <exception cref="ConfigurationException">A key is malformed.</exception>
    public static LogSettings Read(IConfiguration configuration)
    {
        var isJson = HostSettingsReader.Optional(configuration, Format)?.ToLowerInvariant() switch
        {
            null or "text" => false,
            "json" => true,
            _ => throw new ConfigurationException($"{Format} is '{configuration[Format]}'; write text or json."),
        };
        var levels = configuration.GetSection(Levels).GetChildren().Where(c => !string.IsNullOrWhiteSpace(c.Value)).Select(c => (Category: c.Key, Least: LevelOf(c))).ToList();
        return new LogSettings(
            isJson,
            levels.Where(l => IsDefault(l.Category)).Select(l => (LogEventLevel?)l.Least).FirstOrDefault() ?? Text.Default,
            [.. levels.Where(l => !IsDefault(l.Category))]);
    }

    private static bool IsDefault(string category) => category.Equals("Default", StringComparison.OrdinalIgnoreCase);

    private static LogEventLevel LevelOf(IConfigurationSection section) => section.Value!.Trim().ToLowerInvariant() switch
    {
        "trace" => LogEventLevel.Verbose,
        "debug" => LogEventLevel.Debug,
        "information" => LogEventLevel.Information,
        "warning" => LogEventLevel.Warning,
        "error" => LogEventLevel.Error,
        "critical" or "none" => LogEventLevel.Fatal,
        _ => throw new ConfigurationException($"{section.Path} is '{section.Value}'; write Trace, Debug, Information, Warning, Error, Critical or None."),
    };
}
