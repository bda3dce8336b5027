using System.Globalization;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// Environment variables that lead the usual package managers to a proxy on the sandbox's own loopback and to the certificate authorities it
/// needs. Any sandbox uses them, whatever it is made of; nothing here is secret.
/// </summary>
public static class EgressVariables
{
    /// <summary>Port of 127.0.0.1 on which a sandbox's forwarder listens.</summary>
    public const int Port = 3128;

    /// <summary>Connections that a forwarder carries at once; package managers open a few dozen.</summary>
    public const int MostConnections = 128;

    /// <summary>Where a sandbox shows the certificate bundle; see <see cref="BundlePaths"/> for the other names it has.</summary>
    public const string Bundle = "/etc/ssl/certs/ca-certificates.crt";

    /// <summary>Where a sandbox shows the Java trust store.</summary>
    public const string JavaTrustStore = "/etc/ssl/certs/java-cacerts.p12";

    /// <summary>The trust store's password: it protects public certificates from nothing, Java only wants one.</summary>
    public const string JavaTrustStorePassword = "changeit";

    /// <summary>The names that distributions give the bundle, as Go's <c>crypto/x509</c> looks for them.</summary>
    public static IReadOnlyList<string> BundlePaths { get; } =
    [
        Bundle, "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem", "/etc/ssl/certs/ca-bundle.crt",
    ];

    /// <summary>The variables of a command with an <see cref="SandboxEgress"/>; a command's own come after and win.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = Make();

    private static Dictionary<string, string> Make()
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        var proxy = $"http://127.0.0.1:{port}";
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        // curl reads http_proxy in small letters only; pip, uv, go, git, cargo, bundler, composer, .NET and apt read one or the other.
        // ALL_PROXY is left out: some clients take it for SOCKS or prefer it to the right one.
        foreach (var name in new[] { "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "npm_config_proxy", "npm_config_https_proxy", "YARN_HTTP_PROXY", "YARN_HTTPS_PROXY" })
            variables[name] = proxy;
        foreach (var name in new[] { "no_proxy", "NO_PROXY", "npm_config_noproxy" }) variables[name] = "localhost,127.0.0.1,::1";
        // Node looks at the variables above only when told to (22.21, 24.0 and later); older ones pass over this one.
        variables["NODE_USE_ENV_PROXY"] = "1";
        variables["CARGO_HTTP_PROXY"] = proxy;
        // One connection for each download multiplexes nothing, but cargo's own HTTP/2 through a proxy has stalled before.
        variables["CARGO_HTTP_MULTIPLEXING"] = "false";
        variables["CARGO_NET_GIT_FETCH_WITH_CLI"] = "true";
        foreach (var name in new[] { "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO", "NIX_SSL_CERT_FILE" })
            variables[name] = Bundle;
        variables["SSL_CERT_DIR"] = "/etc/ssl/certs";
        // uv has its own list of authorities unless told to use the system's.
        variables["UV_NATIVE_TLS"] = "true";
        // Java reads no proxy variables; Maven and Gradle pass these properties on to what they start.
        variables["JAVA_TOOL_OPTIONS"] =
            $"-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort={port} -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={port} -Dhttp.nonProxyHosts=localhost|127.*|[::1] "
            + $"-Djavax.net.ssl.trustStore={JavaTrustStore} -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword={JavaTrustStorePassword} "
            // Maven 3.9 and later look at these properties only when told to.
            + "-Daether.connector.http.useSystemProperties=true";
        // Revocation lists lie on hosts of the authorities, which are no registries.
        variables["NUGET_CERT_REVOCATION_MODE"] = "offline";
        return variables;
    }
}
