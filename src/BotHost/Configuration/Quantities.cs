using System.Globalization;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Durations and sizes as people write them: a whole number and a unit.</summary>
internal static class Quantities
{
    private static readonly (string Unit, TimeSpan Of)[] Durations =
        [("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1))];

    private static readonly (string Unit, long Of)[] Sizes = [("GB", 1L << 30), ("MB", 1L << 20)];

    /// <summary>Reads how long something is kept.</summary>
    /// <param name="name">The setting, for the error.</param>
    /// <param name="text">What stands there; null for <paramref name="unset"/>.</param>
    /// <param name="unset">The default.</param>
    /// <returns>Null for <c>none</c>: without end.</returns>
    /// <exception cref="ConfigurationException">It is no duration.</exception>
    public static TimeSpan? Retention(string name, string? text, TimeSpan unset) => text?.Trim() switch
    {
        null or "" => unset,
        "none" => null,
        var given => TrySplit(given, Durations, out var count, out var unit) && count <= 36_500
            ? unit * count
            : throw new ConfigurationException($"{name} is '{text}'; write e.g. 7d or 72h, or none to keep everything."),
    };

    /// <summary>Reads how long something lasts.</summary>
    /// <param name="name">The setting, for the error.</param>
    /// <param name="text">What stands there.</param>
    /// <exception cref="ConfigurationException">It is no duration.</exception>
    public static TimeSpan Duration(string name, string text) => TrySplit(text.Trim(), Durations, out var count, out var unit) && count <= 36_500
        ? unit * count
        : throw new ConfigurationException($"{name} is '{text}'; write e.g. 90d or 12h.");

    /// <summary>Reads a size in bytes.</summary>
    /// <param name="name">The setting, for the error.</param>
    /// <param name="text">What stands there; null for <paramref name="unset"/>.</param>
    /// <param name="unset">The default; null for no limit.</param>
    /// <returns>Null for no limit.</returns>
    /// <exception cref="ConfigurationException">It is no size.</exception>
    public static long? Size(string name, string? text, long? unset = null) => text?.Trim() switch
    {
        null or "" => unset,
        "none" => null,
        var given => TrySplit(given, Sizes, out var count, out var unit) && count <= 1_000_000
            ? unit * count
            : throw new ConfigurationException($"{name} is '{text}'; write e.g. 512MB or 4GB, or none for no limit."),
    };

    /// <summary>Reads how many of something there may be.</summary>
    /// <param name="name">The setting, for the error.</param>
    /// <param name="text">What stands there; null for <paramref name="unset"/>.</param>
    /// <param name="unset">The default.</param>
    /// <returns>Null for no limit.</returns>
    /// <exception cref="ConfigurationException">It is no number.</exception>
    public static long? Count(string name, string? text, long unset) => text?.Trim() switch
    {
        null or "" => unset,
        "none" => null,
        var given => long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 1_000_000_000
            ? count
            : throw new ConfigurationException($"{name} is '{text}'; write a number such as 20000, or none for no limit."),
    };

    private static bool TrySplit<T>(string text, (string Unit, T Of)[] units, out int count, out T unit)
    {
        foreach (var (name, of) in units)
        {
            if (text.EndsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                unit = of;
                return int.TryParse(text[..^name.Length], NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0;
            }
        }

        (count, unit) = (0, units[0].Of);
        return false;
    }
}
