namespace CodingAgent.Mcp.Git;

/// <summary>Credential for one git call over HTTP; reaches git through its environment only and never prints.</summary>
/// <param name="Username">User name.</param>
/// <param name="Secret">Token.</param>
public sealed record GitCredential(string Username, string Secret)
{
    /// <summary>Masked.</summary>
    public override string ToString() => "GitCredential(***)";
}
