using CodingAgent.BotHost.Configuration;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.BotHost.Logging;

/// <summary>What takes the configured secrets out of texts before the service runs: what it prints when it cannot start, and what <c>doctor</c> tells.</summary>
internal static class ConfiguredSecrets
{
    /// <summary>Of validated settings, or where those cannot be had, of whatever stands under names that hold secrets.</summary>
    public static Redaction Of(IConfiguration? configuration, HostSettings? settings) => new(settings?.Secrets ?? (configuration is null ? [] : Raw(configuration)));

    private static IEnumerable<string> Raw(IConfiguration configuration) =>
        configuration.AsEnumerable().Where(p => p.Value?.Trim().Length >= 6 && SettingCatalogue.All.Any(s => s.IsSecret && s.Is(p.Key))).Select(p => p.Value!.Trim());
}
