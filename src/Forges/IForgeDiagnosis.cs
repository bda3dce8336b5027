namespace CodingAgent.Forges;

/// <summary>What a forge says of its own set-up, before the first task: whom we act as, what we may do where, and whether events reach us.</summary>
public interface IForgeDiagnosis
{
    /// <summary>Looks at everything the forge lets us see. Never throws but for cancellation: what cannot be asked is a finding.</summary>
    /// <param name="wishes">What is expected of it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<ForgeFinding>> DiagnoseAsync(ForgeWishes wishes, CancellationToken cancellationToken);
}

/// <summary>What the product expects of a forge.</summary>
/// <param name="Repositories">Repositories it shall work on; empty for all the account can write.</param>
/// <param name="WebhookPath">Path at which this service takes the forge's events, e.g. <c>/webhooks/github</c>; null where it takes none.</param>
public sealed record ForgeWishes(IReadOnlyList<RepoRef> Repositories, string? WebhookPath);

/// <summary>One thing found, with what to do about it.</summary>
/// <param name="Subject">What it is about, in a word: <c>forge</c>, <c>repositories</c>, <c>webhook</c>.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Text">One line: what, where, how to mend it. Without a secret.</param>
/// <param name="Setting">The setting to look at; null when it is not a setting of ours.</param>
public sealed record ForgeFinding(string Subject, ForgeFindingLevel Level, string Text, string? Setting = null);

/// <summary>How bad a finding is.</summary>
public enum ForgeFindingLevel
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Worth knowing.</summary>
    Note,

    /// <summary>Something will not work as people expect.</summary>
    Warning,

    /// <summary>Nothing can work.</summary>
    Problem,
}
