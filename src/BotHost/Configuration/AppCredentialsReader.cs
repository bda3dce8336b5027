using CodingAgent.Forges.GitHub;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Reads the keys <c>Forge:GitHub:App:*</c>.</summary>
internal static class AppCredentialsReader
{
    /// <summary>An app's id or client id.</summary>
    public const string Id = "Forge:GitHub:App:Id";

    /// <summary>Its private key, as text.</summary>
    public const string Key = "Forge:GitHub:App:PrivateKey";

    /// <summary>The file that holds its private key.</summary>
    public const string KeyFile = "Forge:GitHub:App:PrivateKeyFile";

    /// <summary>The account's token that stands for all of them.</summary>
    public const string Token = "Forge:GitHub:Token";

    /// <summary>The keys that say as whom the service acts.</summary>
    public static IReadOnlyList<string> Names { get; } = [Token, Id, Key, KeyFile];

    /// <summary>The app, or null where none of the keys is set.</summary>
    /// <exception cref="ConfigurationException">They are set together with a token, in part, or to what cannot work; one line, without a secret.</exception>
    public static AppCredentials? Read(IConfiguration configuration)
    {
        var (id, key, file) = (HostSettingsReader.Optional(configuration, Id), HostSettingsReader.Optional(configuration, Key), HostSettingsReader.Optional(configuration, KeyFile));
        if (id is null && key is null && file is null)
            return null;
        if (HostSettingsReader.Optional(configuration, Token) is not null)
            throw new ConfigurationException($"{Token} and Forge:GitHub:App are both set: keep the one that the service shall act with, and remove the other.");
        if (id is null)
            throw new ConfigurationException($"{Id} is missing: set it to the App's id or client id, which its settings on GitHub show.");
        var text = (key, file) switch
        {
            (not null, not null) => throw new ConfigurationException($"{Key} and {KeyFile} are both set; keep one."),
            (null, null) => throw new ConfigurationException($"{KeyFile} is missing: set it to the file with the App's private key, which its settings on GitHub generate ({Key} takes the key itself)."),
            (not null, null) => key,
            (null, not null) => FromFile(Path.GetFullPath(file)),
        };
        try
        {
            return new AppCredentials(id, text);
        }
        catch (ArgumentException e)
        {
            throw new ConfigurationException($"{e.Message} ({(file is null ? Key : KeyFile)})");
        }
    }

    private static string FromFile(string path)
    {
        try
        {
            return SecretFile.Read(path, "the App's private key").Text;
        }
        catch (StorageException e)
        {
            throw new ConfigurationException($"{KeyFile}: {e.Message}");
        }
    }
}
