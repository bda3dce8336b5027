using System.Net;
using CodingAgent.BotHost.Configuration;
using CodingAgent.Storage;
using Temporalio.Client;

namespace CodingAgent.BotHost.Temporal;

/// <summary>How this process is let in by the Temporal server, whichever it is.</summary>
/// <param name="ApiKey">The key; null where none is asked for.</param>
/// <param name="Tls">Transport security; null for the SDK's default.</param>
/// <param name="Notes">What a person should know.</param>
internal sealed record TemporalAccess(string? ApiKey, TlsOptions? Tls, IReadOnlyList<string> Notes)
{
    /// <summary>Name of the embedded server's key file in the data folder.</summary>
    public const string KeyFile = "temporal.key";

    /// <summary>
    /// The configured key, else the one in the data folder, made once: for the embedded server of this process, and for that of another
    /// process on this machine, whose address is a loopback one.
    /// </summary>
    /// <param name="settings">Settings.</param>
    /// <param name="makes">Whether a key file that is missing is made.</param>
    /// <exception cref="StorageException">The key file cannot be used.</exception>
    public static TemporalAccess Of(HostSettings settings, bool makes = true)
    {
        var isEmbedded = settings.TemporalAddress is null;
        // A key turns the SDK's TLS on; the embedded server is plain on loopback.
        var plain = new TlsOptions { Disabled = true };
        if (settings.TemporalApiKey is not null || settings.TemporalAllowUnauthenticated)
            return new TemporalAccess(settings.TemporalApiKey, isEmbedded ? plain : settings.TemporalTls, []);
        if (!isEmbedded && (!IsLoopback(settings.TemporalAddress!) || settings.TemporalTls is { Disabled: false }))
            return new TemporalAccess(null, settings.TemporalTls, []);
        if (!makes && !File.Exists(Path.Combine(settings.DataDirectory, KeyFile)))
            return new TemporalAccess(null, plain, []);
        var (key, note) = ReadKey(Path.Combine(settings.DataDirectory, KeyFile));
        return new TemporalAccess(key, plain, note is null ? [] : [note]);
    }

    /// <summary>Reads a key file, after making one where there is none.</summary>
    /// <exception cref="StorageException">It holds no key.</exception>
    public static (string Key, string? Note) ReadKey(string path)
    {
        var (key, note) = SecretFile.ReadOrCreate(path, "the Temporal server's API key");
        return key.Length >= 32 && key.All(c => c is > ' ' and <= '~') ? (key, note)
            : throw new StorageException($"{path} does not hold an API key (32 characters or more, no blanks): delete it to have a new one made, and start everything that uses it again.");
    }

    private static bool IsLoopback(string hostAndPort)
    {
        var host = hostAndPort[..hostAndPort.LastIndexOf(':')].Trim('[', ']');
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }
}
