namespace CodingAgent.Forges.GitHub;

/// <summary>How to reach GitHub and how patient to be.</summary>
public sealed record GitHubOptions
{
    /// <summary>REST root: <c>https://api.github.com</c>, or <c>https://host/api/v3</c> of a GitHub Enterprise Server.</summary>
    public Uri ApiUrl { get; init; } = new("https://api.github.com");

    /// <summary>Attempts after the first; the caller (a Temporal activity) has its own, longer patience.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>First pause between attempts; it doubles, with jitter, unless the forge names a time.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait inside a call. When the forge asks for more, the call fails with that time in the exception.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time limit of one attempt.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>GraphQL endpoint that belongs to <see cref="ApiUrl"/>: Enterprise Server has it beside <c>/api/v3</c>, not below.</summary>
    public Uri GraphQlUrl
    {
        get
        {
            var root = Root;
            return new Uri(root.EndsWith("/api/v3", StringComparison.Ordinal) ? root[..^"/v3".Length] + "/graphql" : root + "/graphql");
        }
    }

    /// <summary>Root of the pages for people that belong to <see cref="ApiUrl"/>, without a slash at the end.</summary>
    public string WebUrl => Root switch
    {
        var root when root.EndsWith("/api/v3", StringComparison.Ordinal) => root[..^"/api/v3".Length],
        // github.com, and enterprises on ghe.com, have their API at a name of its own.
        _ when ApiUrl.Host.StartsWith("api.", StringComparison.OrdinalIgnoreCase) => $"{ApiUrl.Scheme}://{ApiUrl.Authority["api.".Length..]}",
        var root => root,
    };

    /// <summary>The setting that an operator is pointed to when GitHub does not accept the credential.</summary>
    internal string CredentialSetting { get; init; } = "Forge:GitHub:Token";

    /// <summary><see cref="ApiUrl"/> without a slash at the end.</summary>
    internal string Root => ApiUrl.AbsoluteUri.TrimEnd('/');

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">One line saying what is wrong: tokens must not travel in the clear.</exception>
    public void Validate()
    {
        if (!ApiUrl.IsAbsoluteUri || ApiUrl.Query.Length > 0 || ApiUrl.UserInfo.Length > 0)
            throw new ArgumentException($"Forge:GitHub:ApiUrl must be an absolute URL without credentials or query, e.g. https://api.github.com; it is '{ApiUrl.OriginalString}'.");
        if (ApiUrl.Scheme != Uri.UriSchemeHttps && !(ApiUrl.Scheme == Uri.UriSchemeHttp && ApiUrl.IsLoopback))
            throw new ArgumentException($"Forge:GitHub:ApiUrl must be https (plain http only to this machine); it is '{ApiUrl}'.");
        if (Retries < 1 || RetryDelay <= TimeSpan.Zero || AttemptTimeout <= TimeSpan.Zero || LongestWait < TimeSpan.Zero)
            throw new ArgumentException("Forge:GitHub retries, delays and timeouts must be positive.");
    }
}
