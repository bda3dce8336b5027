using CodingAgent.Mcp.Egress;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The keys <c>Api:*</c>: the REST API.</summary>
/// <param name="Key">An administrator's API key beside those that <c>codingagent key</c> makes; null for none.</param>
/// <param name="TicketHosts">Hosts, beside the forge's, whose pages a request may name as its ticket.</param>
public sealed record ApiSettings(string? Key, IReadOnlyList<HostRule> TicketHosts)
{
    /// <summary>Names <see cref="TicketHosts"/>.</summary>
    public const string TicketHostsKey = "Api:TicketHosts";

    /// <summary>Nothing set.</summary>
    public static ApiSettings None { get; } = new(null, []);

    /// <summary>Reads and checks them.</summary>
    /// <exception cref="ConfigurationException">A key is malformed.</exception>
    public static ApiSettings Read(IConfiguration configuration) => new(
        HostSettingsReader.Header(configuration, "Api:Key"),
        [.. EgressSettings.Items(configuration, TicketHostsKey).Select(host => EgressSettings.Host(TicketHostsKey, host))]);
}
