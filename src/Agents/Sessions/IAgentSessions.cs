namespace CodingAgent.Agents.Sessions;

/// <summary>
/// What agents remember from run to run of a session, such as one role's runs of one task: texts, oldest first. A run puts down what is to be remembered
/// of it when it ends; a retry puts down the same again.
/// </summary>
public interface IAgentSessions
{
    /// <summary>The items of a session, oldest first; empty for one that nobody has written to.</summary>
    /// <param name="session">Session.</param>
    /// <param name="most">The newest so many; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<IReadOnlyList<SessionItem>> GetAsync(string session, int? most, CancellationToken cancellationToken);

    /// <summary>Puts down what a run leaves: in place of what the same run left before, else behind all others.</summary>
    Task AddAsync(string session, string runId, IReadOnlyList<string> items, CancellationToken cancellationToken);

    /// <summary>Takes the newest item out; null when there is none.</summary>
    Task<SessionItem?> PopAsync(string session, CancellationToken cancellationToken);

    /// <summary>Forgets a session.</summary>
    Task ClearAsync(string session, CancellationToken cancellationToken);
}

/// <summary>Something remembered.</summary>
/// <param name="RunId">Run that left it.</param>
/// <param name="Text">What: model output and names of files, so outside text to whoever reads it.</param>
public sealed record SessionItem(string RunId, string Text);

/// <summary>The session that a run belongs to.</summary>
/// <param name="Store">Where it is kept.</param>
/// <param name="Id">Its name.</param>
public sealed record AgentSession(IAgentSessions Store, string Id);
