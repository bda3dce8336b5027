using System.Net;

namespace CodingAgent.Mcp.Git;

/// <summary>A checked remote address with its credential.</summary>
internal sealed record GitRemote(Uri Url, GitCredential? Credential)
{
    /// <summary>The addresses that were judged, which git is to connect to (<c>http.curloptResolve</c>); null leaves looking up to it.</summary>
    public string? Pin { get; init; }

    /// <summary>Checks a clone URL: https (http only to this machine when a credential goes with it), no credentials inside, no options.</summary>
    /// <exception cref="ArgumentException">The URL is not one we fetch from.</exception>
    public static GitRemote Parse(string cloneUrl, GitCredential? credential, bool allowFile)
    {
        if (allowFile && cloneUrl.StartsWith('/')) cloneUrl = new Uri(cloneUrl).AbsoluteUri;
        if (!Uri.TryCreate(cloneUrl, UriKind.Absolute, out var url))
            throw new ArgumentException($"'{cloneUrl}' is not an absolute URL.", nameof(cloneUrl));
        if (url.UserInfo.Length > 0)
            throw new ArgumentException("A clone URL must not contain credentials; pass them as GitCredential.", nameof(cloneUrl));
        var known = url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp || (allowFile && url.IsFile);
        if (!known) throw new ArgumentException($"The scheme '{url.Scheme}' is not allowed for a repository; use https.", nameof(cloneUrl));
        if (credential is not null && url.Scheme == Uri.UriSchemeHttp && !IsLoopback(url))
            throw new ArgumentException($"A credential is not sent to {url.Host} over plain http; use https.", nameof(cloneUrl));
        return new GitRemote(url, url.IsFile ? null : credential);
    }

    private static bool IsLoopback(Uri url) =>
        url.IsLoopback || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));
}

/// <summary>Credential for one git call over HTTP; reaches git through its environment only and never prints.</summary>
/// <param name="Username">User name.</param>
/// <param name="Secret">Token.</param>
public sealed record GitCredential(string Username, string Secret)
{
    /// <summary>Masked.</summary>
    public override string ToString() => "GitCredential(***)";
}
