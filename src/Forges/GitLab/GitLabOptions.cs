namespace CodingAgent.Forges.GitLab;

/// <summary>How to reach GitLab and how patient to be.</summary>
public sealed record GitLabOptions
{
    /// <summary>Root of the site: <c>https://gitlab.com</c>, or a self-managed one, also below a path (<c>https://host/gitlab</c>).</summary>
    public Uri Url { get; init; } = new("https://gitlab.com");

    /// <summary>Attempts after the first; the caller (a Temporal activity) has its own, longer patience.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>First pause between attempts; it doubles, with jitter, unless the forge names a time.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait inside a call. When the forge asks for more, the call fails with that time in the exception.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time limit of one attempt.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><see cref="Url"/> without a slash at the end.</summary>
    internal string Root => Url.AbsoluteUri.TrimEnd('/');

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">One line saying what is wrong: tokens must not travel in the clear.</exception>
    public void Validate()
    {
        if (!Url.IsAbsoluteUri || Url.Query.Length > 0 || Url.UserInfo.Length > 0 || Root.EndsWith("/api/v4", StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException($"Forge:GitLab:Url must be the address of the site without credentials, query or /api/v4, e.g. https://gitlab.com; it is '{Url.OriginalString}'.");
        if (Url.Scheme != Uri.UriSchemeHttps && !(Url.Scheme == Uri.UriSchemeHttp && Url.IsLoopback))
            throw new ArgumentException($"Forge:GitLab:Url must be https (plain http only to this machine); it is '{Url}'.");
        if (Retries < 1 || RetryDelay <= TimeSpan.Zero || AttemptTimeout <= TimeSpan.Zero || LongestWait < TimeSpan.Zero)
            throw new ArgumentException("Forge:GitLab retries, delays and timeouts must be positive.");
    }
}
