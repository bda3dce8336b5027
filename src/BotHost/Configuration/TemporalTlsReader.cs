using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Temporalio.Client;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Reads how the connection to a Temporal cluster is secured. Files are read and tried here, so that a bad one stops start-up.</summary>
public static class TemporalTlsReader
{
    private const string Switch = "Temporal:Tls";
    private const string Ca = "Temporal:TlsCa";
    private const string ServerName = "Temporal:TlsServerName";
    private const string Certificate = "Temporal:TlsCertificate";
    private const string Key = "Temporal:TlsKey";

    /// <summary>The options; null when nothing is said.</summary>
    /// <exception cref="ConfigurationException">A value or file is unusable, or they contradict each other.</exception>
    public static TlsOptions? Read(IConfiguration configuration)
    {
        var options = new TlsOptions
        {
            ServerRootCACert = File(configuration, Ca),
            Domain = HostSettingsReader.Optional(configuration, ServerName),
            ClientCert = File(configuration, Certificate),
            ClientPrivateKey = File(configuration, Key),
        };
        if ((options.ClientCert is null) != (options.ClientPrivateKey is null))
            throw new ConfigurationException($"{Certificate} and {Key} belong together: set both, or neither.");
        Try(options);
        var isDetailed = options is not { ServerRootCACert: null, Domain: null, ClientCert: null };
        switch (HostSettingsReader.Optional(configuration, Switch)?.ToLowerInvariant())
        {
            case null:
                return isDetailed ? options : null;
            case "true":
                return options;
            case "false" when isDetailed:
                throw new ConfigurationException($"{Switch} is false, but certificates or a server name are set; remove one or the other.");
            case "false":
                options.Disabled = true;
                return options;
            default:
                throw new ConfigurationException($"{Switch} is '{configuration[Switch]}'; write true or false.");
        }
    }

    private static void Try(TlsOptions options)
    {
        var key = Ca;
        try
        {
            if (options.ServerRootCACert is { } ca)
            {
                var roots = new X509Certificate2Collection();
                roots.ImportFromPem(Chars(ca));
                if (roots.Count == 0)
                    throw new CryptographicException("there is no certificate in it.");
            }

            key = $"{Certificate} or {Key}";
            if (options.ClientCert is { } certificate)
                X509Certificate2.CreateFromPem(Chars(certificate), Chars(options.ClientPrivateKey!)).Dispose();
        }
        catch (CryptographicException e)
        {
            throw new ConfigurationException($"{key} does not hold what it should, in PEM: {e.Message}");
        }
    }

    private static ReadOnlySpan<char> Chars(byte[] pem) => Encoding.ASCII.GetString(pem);

    private static byte[]? File(IConfiguration configuration, string key)
    {
        if (HostSettingsReader.Optional(configuration, key) is not { } path)
            return null;
        try
        {
            return System.IO.File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{key} cannot be read: {e.Message}");
        }
    }
}
