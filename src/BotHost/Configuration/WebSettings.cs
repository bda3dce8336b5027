using System.Globalization;
using System.Net;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The keys <c>Web:*</c>: what strangers may ask of the web role.</summary>
/// <param name="RefusalsPerMinute">Requests of one address that may be refused in a minute before it is not answered any more; null without limit.</param>
/// <param name="TrustedProxies">Proxies whose <c>X-Forwarded-For</c> says for whom they ask, and whose <c>X-Forwarded-Proto</c> says whether over TLS.</param>
public sealed record WebSettings(int? RefusalsPerMinute, IReadOnlyList<IPNetwork> TrustedProxies)
{
    /// <summary>The key of <see cref="PublicUrl"/>.</summary>
    internal const string PublicUrlKey = "Web:PublicUrl";

    /// <summary>Where people open the pages, without a path; null for as they ask.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Sixty refusals a minute, and a proxy on this machine is believed.</summary>
    public static WebSettings Default { get; } = new(60, [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")]);

    /// <summary>Reads and checks them.</summary>
    /// <exception cref="ConfigurationException">A key is malformed.</exception>
    public static WebSettings Read(IConfiguration configuration)
    {
        var refusals = HostSettingsReader.Optional(configuration, "Web:RefusalsPerMinute") switch
        {
            null => Default.RefusalsPerMinute,
            "none" => null,
            var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 100_000 => count,
            var text => throw new ConfigurationException($"Web:RefusalsPerMinute is '{text}'; write a number from 1 to 100000, or none for no limit."),
        };
        return new WebSettings(refusals, HostSettingsReader.Optional(configuration, "Web:TrustedProxies") switch
        {
            null => Default.TrustedProxies,
            "none" => [],
            var text => [.. text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(Range)],
        })
        {
            PublicUrl = HostSettingsReader.Address(configuration, PublicUrlKey) is var url && url is null or { PathAndQuery: "/" }
                ? url
                : throw new ConfigurationException($"{PublicUrlKey} is '{url}'; write scheme and host by which people open the pages, without a path, e.g. https://agent.example.com."),
        };
    }

    private static IPNetwork Range(string text) =>
        IPNetwork.TryParse(text, out var range) ? range
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : throw new ConfigurationException($"Web:TrustedProxies has '{text}', which is no address; write addresses or ranges of your proxies (10.1.0.5, 10.2.0.0/16), separated by commas, or none.");
}
