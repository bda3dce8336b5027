namespace CodingAgent.Forges.Webhooks;

/// <summary>
/// The secrets that deliveries are signed with, and about whose repositories each may speak. The most specific name counts alone: where
/// a repository has secrets of its own, neither its owner's nor everybody's say anything about it.
/// </summary>
/// <param name="Others">Secrets for all repositories that no entry names, newest first; empty accepts nothing about them.</param>
/// <param name="Entries">Secrets of owners and repositories.</param>
public sealed record WebhookSecrets(IReadOnlyList<string> Others, IReadOnlyList<WebhookSecrets.Entry> Entries)
{
    /// <summary>No secret at all.</summary>
    public static WebhookSecrets None { get; } = new([], []);

    /// <summary>Every secret, for masking.</summary>
    public IEnumerable<string> All => Others.Concat(Entries.SelectMany(e => e.Secrets));

    /// <summary>The secrets one of which must have signed a delivery about this, and whose they are, in words for the log.</summary>
    /// <param name="repository"><c>owner/name</c>; null when a delivery names none.</param>
    /// <param name="owner">Owner of the repository, or the account that a delivery without one is about; null when it names none.</param>
    /// <param name="installation">App installation; null when it names none.</param>
    public (IReadOnlyList<string> Secrets, string Whose) For(string? repository, string? owner, long? installation)
    {
        var named = Named(repository);
        if (named.Length == 0)
            named = Named(owner);
        if (named.Length == 0)
            return (Others, "everybody");
        var entry = Array.Find(named, e => e.Installation is not null && e.Installation == installation) ?? Array.Find(named, e => e.Installation is null);
        return entry is null ? ([], $"{named[0].For}, through another installation") : (entry.Secrets, entry.Words);
    }

    private Entry[] Named(string? name) => name is null ? [] : [.. Entries.Where(e => e.For.Equals(name, StringComparison.OrdinalIgnoreCase))];

    /// <summary>Masked: they are secrets.</summary>
    public override string ToString() => "WebhookSecrets(***)";

    /// <summary>Secrets of an owner or a repository.</summary>
    /// <param name="For"><c>owner</c> or <c>owner/name</c>.</param>
    /// <param name="Installation">The app installation whose deliveries they sign; null for any hook.</param>
    /// <param name="Secrets">One, or while it is being changed several.</param>
    public sealed record Entry(string For, long? Installation, IReadOnlyList<string> Secrets)
    {
        /// <summary>Whose they are.</summary>
        public string Words => Installation is null ? For : $"{For} (installation {Installation})";

        /// <summary>Masked: they are secrets.</summary>
        public override string ToString() => $"{Words} ***";
    }
}
