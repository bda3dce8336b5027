namespace CodingAgent.BotHost.Configuration;

/// <summary>What the dashboard compares with.</summary>
/// <param name="BaselineLeadTime">How long it took from a request to a pull request before there was an agent; null where nobody measured.</param>
public sealed record DashboardSettings(TimeSpan? BaselineLeadTime)
{
    /// <summary>Nothing.</summary>
    public static DashboardSettings None { get; } = new((TimeSpan?)null);

    /// <summary>Reads them.</summary>
    /// <exception cref="ConfigurationException">It is no duration.</exception>
    internal static DashboardSettings Read(IConfiguration configuration) => configuration["Dashboard:BaselineLeadTime"] is { } text && !string.IsNullOrWhiteSpace(text)
        ? new DashboardSettings(Quantities.Duration("Dashboard:BaselineLeadTime", text))
        : None;
}
