using System.Text.Json;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Keys;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Setup;

/// <summary>
/// The GitHub App that <c>codingagent setup github</c> made: its credentials in a file of the data folder, sealed with the storage keys. They
/// stand in for settings that nobody made.
/// </summary>
/// <param name="ApiUrl">Which GitHub.</param>
/// <param name="Id">The app's id.</param>
/// <param name="Slug">Its name in addresses.</param>
/// <param name="WebUrl">Its page.</param>
/// <param name="PrivateKey">Its key, PEM.</param>
/// <param name="WebhookSecret">What its events are signed with.</param>
/// <param name="ClientId">Its client id.</param>
/// <param name="ClientSecret">Its client secret.</param>
internal sealed record StoredApp(string ApiUrl, string Id, string Slug, string WebUrl, string PrivateKey, string WebhookSecret, string ClientId, string ClientSecret)
{
    /// <summary>Where GitHub and people reach the service; null of a file from before it was kept.</summary>
    public string? PublicUrl { get; init; }

    private const string What = "the GitHub App's credentials";

    // What the file is sealed for: nothing else opens as it.
    private const string Place = "github app credentials";

    /// <summary>The file.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, "github-app.sealed");

    /// <summary>Id of the storage key that sealed the file; null where there is none.</summary>
    public static string? KeyIdIn(string dataDirectory) => File.Exists(PathIn(dataDirectory)) ? PayloadCipher.KeyIdOf(ReadSealed(dataDirectory)) : null;

    /// <summary>Writes it, in place of what is there.</summary>
    public void Save(string dataDirectory, PayloadCipher cipher) =>
        SecretFile.Write(PathIn(dataDirectory), Convert.ToBase64String(cipher.Seal(JsonSerializer.Serialize(this), Place)) + "\n", overwrite: true);

    /// <summary>Reads it.</summary>
    /// <exception cref="StorageException">It cannot be opened: another key sealed it, or something changed it.</exception>
    public static StoredApp Read(string dataDirectory, PayloadCipher cipher)
    {
        try
        {
            return JsonSerializer.Deserialize<StoredApp>(cipher.OpenText(ReadSealed(dataDirectory), Place))!;
        }
        catch (JsonException e)
        {
            throw new StorageException($"{PathIn(dataDirectory)} is of another version: make the App's credentials known by settings (Forge:GitHub:App), or run 'codingagent setup github' again.", e);
        }
    }

    /// <summary>Adds what the file knows to a configuration that names neither a token nor an App; nothing where there is no file.</summary>
    /// <exception cref="StorageException">The file or the storage key cannot be read.</exception>
    /// <exception cref="ConfigurationException">A setting on the way to it is malformed.</exception>
    public static async Task AddToAsync(ConfigurationManager configuration, CancellationToken cancellationToken)
    {
        var data = Path.GetFullPath(HostSettingsReader.Optional(configuration, "DataDirectory") ?? "data");
        if (AppCredentialsReader.Names.Any(n => HostSettingsReader.Optional(configuration, n) is not null) || !File.Exists(PathIn(data)))
            return;
        DataFolder.RequireOwn(data);
        var keys = await StorageKeyring.ReadAsync(StorageKeySettings.Read(configuration, data) with { IsDefaultFile = false }, cancellationToken);
        var app = Read(data, keys.Cipher);
        var added = new Dictionary<string, string?> { [AppCredentialsReader.Id] = app.Id, [AppCredentialsReader.Key] = app.PrivateKey };
        if (HostSettingsReader.Optional(configuration, "Forge:GitHub:ApiUrl") is null)
            added["Forge:GitHub:ApiUrl"] = app.ApiUrl;
        // Secrets of hooks beside the App's own are added to it.
        if (HostSettingsReader.Optional(configuration, "Forge:GitHub:WebhookSecret") is null && !configuration.GetSection("Forge:GitHub:WebhookSecret").GetChildren().Any())
            added["Forge:GitHub:WebhookSecret"] = app.WebhookSecret;
        // Together or not at all: the one's id with another's secret would open nothing.
        if (HostSettingsReader.Optional(configuration, SignInApplication.GitHubId) is null && HostSettingsReader.Optional(configuration, SignInApplication.GitHubSecret) is null && app is { ClientId.Length: > 0, ClientSecret.Length: > 0 })
            (added[SignInApplication.GitHubId], added[SignInApplication.GitHubSecret]) = (app.ClientId, app.ClientSecret);
        if (HostSettingsReader.Optional(configuration, WebSettings.PublicUrlKey) is null)
            added[WebSettings.PublicUrlKey] = app.PublicUrl;
        configuration.AddInMemoryCollection(added);
    }

    /// <summary>Masked: it holds secrets.</summary>
    public override string ToString() => $"StoredApp({Slug}, ***)";

    private static byte[] ReadSealed(string dataDirectory)
    {
        var path = PathIn(dataDirectory);
        try
        {
            return Convert.FromBase64String(SecretFile.Read(path, What).Text);
        }
        catch (FormatException e)
        {
            throw new StorageException($"{path}, the file of {What}, was changed by something else: restore a backup, or run 'codingagent setup github' again.", e);
        }
    }
}
