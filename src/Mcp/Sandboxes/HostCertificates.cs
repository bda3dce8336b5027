namespace CodingAgent.Mcp.Sandboxes;

/// <summary>The certificate authorities this host trusts, as one file.</summary>
public static class HostCertificates
{
    /// <summary>
    /// Full path of the host's bundle (PEM): what <c>SSL_CERT_FILE</c> of this process names, else the first of the usual places that is there;
    /// null when there is none.
    /// </summary>
    public static string? Find() =>
        new[] { Environment.GetEnvironmentVariable("SSL_CERT_FILE") }.Concat(EgressVariables.BundlePaths)
            .FirstOrDefault(path => path is not null && Path.IsPathFullyQualified(path) && File.Exists(path));
}
