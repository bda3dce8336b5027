namespace CodingAgent.BotHost.Configuration;

/// <summary>What one process does; several parts may lie in one.</summary>
[Flags]
public enum HostRole
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Webhooks, REST and dispatcher, and the embedded Temporal server where no other one is configured.</summary>
    Web = 1,

    /// <summary>Agents and checks.</summary>
    Worker = 2,

    /// <summary>The applier: gates and pushes, on a task queue of its own and with the one credential that may write contents.</summary>
    Apply = 4,

    /// <summary>Everything in one process.</summary>
    All = Web | Worker | Apply,
}
