namespace CodingAgent.Mcp.Files;

/// <summary>The unprivileged host user that sandboxed commands run as and that owns workspace files, when the service itself is root.</summary>
/// <param name="Uid">User id without any account, file or process of its own on the host.</param>
/// <param name="Gid">Group id, likewise.</param>
public sealed record SandboxUser(int Uid, int Gid)
{
    /// <summary>An id from the range Debian leaves to local use (60000–64999), unlikely to be taken.</summary>
    public static SandboxUser Default { get; } = new(64321, 64321);

    /// <summary>The default user when this process is root; null otherwise, because then it can only be itself.</summary>
    public static SandboxUser? ForThisProcess { get; } = OperatingSystem.IsLinux() && Libc.EffectiveUser() == 0 ? Default : null;
}
