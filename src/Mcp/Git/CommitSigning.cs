namespace CodingAgent.Mcp.Git;

/// <summary>The key that commits are signed with, by git itself; no passphrase, because nobody is there to type one.</summary>
/// <param name="Format">Kind of key.</param>
/// <param name="KeyFile">File of the private key, full path. For OpenPGP an export of one secret key (<c>gpg --export-secret-keys</c>).</param>
public sealed record CommitSigning(SigningFormat Format, string KeyFile);

/// <summary>Kinds of signatures.</summary>
public enum SigningFormat
{
    /// <summary>An OpenSSH key, by <c>ssh-keygen</c>.</summary>
    Ssh,

    /// <summary>An OpenPGP key, by <c>gpg</c>.</summary>
    OpenPgp,
}
