using System.Net;
using CodingAgent.Mcp.Egress;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The operator's side of what set-up may reach: the keys below <c>Egress:</c>.</summary>
internal static class EgressSettings
{
    /// <summary>Reads and checks them.</summary>
    /// <exception cref="ConfigurationException">A key is malformed.</exception>
    public static EgressOptions Read(IConfiguration configuration)
    {
        var proxy = HostSettingsReader.Optional(configuration, "Egress:Proxy");
        Uri? upstream = null;
        // Not shown: what stands there may hold a password.
        if (proxy is not null && (!Uri.TryCreate(proxy, UriKind.Absolute, out upstream) || upstream.Scheme != Uri.UriSchemeHttp))
            throw new ConfigurationException("Egress:Proxy is no http address; write http://host:port, with user:password@ before the host if need be.");
        var bundle = HostSettingsReader.Optional(configuration, "Egress:CertificateBundle");
        if (bundle is not null && !File.Exists(bundle))
            throw new ConfigurationException($"Egress:CertificateBundle is '{bundle}', which is no file; name a PEM file with the certificate authorities to trust.");
        return new EgressOptions
        {
            Allowed = [.. Items(configuration, "Egress:Hosts").Select(host => Host("Egress:Hosts", host))],
            AllowedRanges = [.. Items(configuration, "Egress:AllowedRanges").Select(Range)],
            UpstreamProxy = upstream,
            CertificateBundle = bundle is null ? null : Path.GetFullPath(bundle),
        };
    }

    private static IPNetwork Range(string text) => IPNetwork.TryParse(text, out var range)
        ? range
        : throw new ConfigurationException($"Egress:AllowedRanges has '{text}', which is no range of addresses; write them as 10.1.0.0/16, separated by commas.");

    /// <summary>One host of a list.</summary>
    /// <exception cref="ConfigurationException">It is none.</exception>
    internal static HostRule Host(string key, string text)
    {
        try
        {
            return HostRule.Parse(text);
        }
        catch (FormatException e)
        {
            throw new ConfigurationException($"{key}: {e.Message}");
        }
    }

    /// <summary>What a list holds: one text with commas, or a list in a file (<c>Egress:Hosts:0</c> ...).</summary>
    internal static IEnumerable<string> Items(IConfiguration configuration, string key) =>
        configuration.GetSection(key).GetChildren().Select(c => c.Value ?? "").Append(configuration[key] ?? "")
            .SelectMany(text => text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
