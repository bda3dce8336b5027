namespace CodingAgent.Forges.Webhooks;

/// <summary>
/// What a forge sends, judged. Pure: whoever takes the requests owns HTTP and the inbox. Nothing of a body is believed before its signature is
/// good.
/// </summary>
public interface IForgeWebhook
{
    /// <summary>The forge.</summary>
    ForgeKind Forge { get; }

    /// <summary>Where it sends to, e.g. <c>/webhooks/github</c>.</summary>
    string Path { get; }

    /// <summary>Largest body that it sends, in bytes.</summary>
    long MaxBodyBytes { get; }

    /// <summary>Why a request need not even be read; null when it is to be.</summary>
    /// <param name="header">Value of a header; null when it is not there.</param>
    WebhookReceipt.Refused? RefuseUnread(Func<string, string?> header);

    /// <summary>Judges a request that <see cref="RefuseUnread"/> let pass.</summary>
    /// <param name="header">Value of a header; null when it is not there.</param>
    /// <param name="body">The raw body.</param>
    /// <param name="now">When it arrived.</param>
    WebhookReceipt Receive(Func<string, string?> header, ReadOnlySpan<byte> body, DateTimeOffset now);
}

/// <summary>What a request to a webhook turned out to be: a closed set.</summary>
public abstract record WebhookReceipt
{
    /// <summary>A delivery to keep.</summary>
    /// <param name="DeliveryId">What it is known by, also when it is sent again.</param>
    /// <param name="EventName">What it is, in the forge's word.</param>
    public sealed record Accepted(string DeliveryId, string EventName) : WebhookReceipt;

    /// <summary>A delivery that means nothing to us and need not be kept.</summary>
    /// <param name="DeliveryId">What it is known by.</param>
    /// <param name="EventName">What it is, in the forge's word.</param>
    public sealed record Ignored(string DeliveryId, string EventName) : WebhookReceipt;

    /// <summary>The first delivery of a new webhook, whose answer its maker reads on the forge's page.</summary>
    /// <param name="Where">Whose webhook it is.</param>
    /// <param name="Missing">Events that are used and it does not send.</param>
    public sealed record Greeted(string Where, IReadOnlyList<string> Missing) : WebhookReceipt;

    /// <summary>Nothing to keep.</summary>
    /// <param name="Why">The kind of refusal.</param>
    /// <param name="Detail">What the sender is told, with how to mend it.</param>
    public sealed record Refused(WebhookRefusal Why, string Detail) : WebhookReceipt
    {
        /// <summary>What the operator is told, without what differs from one to the next; null where it is the sender's own matter.</summary>
        public string? Logged { get; init; }

        /// <summary>What the operator is told to do about it.</summary>
        public string Mend { get; init; } = "";
    }
}

/// <summary>Why a request to a webhook is refused.</summary>
public enum WebhookRefusal
{
    /// <summary>Nobody who knows the secret sent it.</summary>
    Unauthorized,

    /// <summary>It is no JSON by its own word.</summary>
    NotJson,

    /// <summary>It lacks what every delivery has, or its body is not what it says.</summary>
    Malformed,
}
