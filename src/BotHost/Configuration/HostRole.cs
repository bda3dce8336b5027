namespace CodingAgent.BotHost.Configuration;

/// <summary>What one process does.</summary>
public enum HostRole
{
    /// <summary>Webhooks, REST, dispatcher and worker in one process.</summary>
    All,

    /// <summary>Webhooks, REST and dispatcher.</summary>
    Web,

    /// <summary>Worker only; needs a Temporal address that the web process shares.</summary>
    Worker,
}
