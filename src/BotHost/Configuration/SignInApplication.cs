namespace CodingAgent.BotHost.Configuration;

/// <summary>The keys <c>Forge:*:OAuth:*</c>: the application by which a forge has people sign in here.</summary>
/// <param name="ClientId">Its id.</param>
/// <param name="ClientSecret">Its secret.</param>
public sealed record SignInApplication(string ClientId, string ClientSecret)
{
    /// <summary>The key of a GitHub application's id.</summary>
    internal const string GitHubId = "Forge:GitHub:OAuth:ClientId";

    /// <summary>The key of its secret.</summary>
    internal const string GitHubSecret = "Forge:GitHub:OAuth:ClientSecret";

    /// <summary>Reads and checks them; null where neither is set.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="forge">The forge's section, e.g. <c>Forge:GitHub</c>.</param>
    /// <exception cref="ConfigurationException">One is missing, or cannot be what it is called.</exception>
    public static SignInApplication? Read(IConfiguration configuration, string forge)
    {
        string id = $"{forge}:OAuth:ClientId", secret = $"{forge}:OAuth:ClientSecret";
        return (HostSettingsReader.Header(configuration, id), HostSettingsReader.Header(configuration, secret)) switch
        {
            (null, null) => null,
            ({ } client, { } password) => new SignInApplication(client, password),
            (null, _) => throw new ConfigurationException($"{id} is missing: set it to the application's client id, or remove {secret}."),
            _ => throw new ConfigurationException($"{secret} is missing: set it to the application's client secret, or remove {id}."),
        };
    }

    /// <summary>Masked.</summary>
    public override string ToString() => $"SignInApplication({ClientId}, ***)";
}
