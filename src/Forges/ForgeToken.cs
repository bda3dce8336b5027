namespace CodingAgent.Forges;

/// <summary>A secret for the forge. Its text form is masked, so that a log or an interpolation cannot leak it.</summary>
/// <param name="Secret">The token itself.</param>
/// <param name="Username">User name for git over HTTP basic authentication.</param>
public sealed record ForgeToken(string Secret, string Username)
{
    /// <summary>Masked.</summary>
    public override string ToString() => "ForgeToken(***)";
}
