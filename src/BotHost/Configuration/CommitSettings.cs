using CodingAgent.Mcp.Git;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Reads the keys <c>Commits:*</c>.</summary>
public static class CommitSettings
{
    /// <summary>The file of the key that commits are signed with.</summary>
    public const string KeyFile = "Commits:SigningKeyFile";

    /// <summary>What kind of key it is.</summary>
    public const string Format = "Commits:SigningFormat";

    /// <summary>What to sign with, or null where no key is named; the file is not looked at.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <exception cref="ConfigurationException">The kind is unknown, or named without a file.</exception>
    public static CommitSigning? Read(IConfiguration configuration)
    {
        var (file, format) = (HostSettingsReader.Optional(configuration, KeyFile), HostSettingsReader.Optional(configuration, Format));
        if (file is null)
            return format is null ? null : throw new ConfigurationException($"{Format} is set, and {KeyFile} is not: name the file of the key, or remove both.");
        return new CommitSigning(
            format?.ToLowerInvariant() switch
            {
                null or "ssh" => SigningFormat.Ssh,
                "openpgp" => SigningFormat.OpenPgp,
                _ => throw new ConfigurationException($"{Format} is '{format}'; write ssh or openpgp."),
            },
            Path.GetFullPath(file));
    }

    /// <summary>Signs something with the key, so that one that cannot is found out before a task needs it.</summary>
    /// <param name="git">Git with the key.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The public key.</returns>
    /// <exception cref="ConfigurationException">It cannot; one line.</exception>
    public static async Task<string> TryAsync(TrustedGit git, CancellationToken cancellationToken)
    {
        try
        {
            return await git.TrySigningAsync(cancellationToken);
        }
        catch (GitFailedException e)
        {
            throw new ConfigurationException($"{KeyFile}: {e.Message}");
        }
    }
}
