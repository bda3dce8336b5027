namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>What the signature of a delivery says. Only <see cref="Valid"/> lets it in.</summary>
public enum SignatureVerdict
{
    /// <summary>The body was signed with the shared secret.</summary>
    Valid,

    /// <summary>No <c>X-Hub-Signature-256</c> header.</summary>
    Missing,

    /// <summary>The header is not <c>sha256=</c> and 64 hex digits.</summary>
    Malformed,

    /// <summary>Signed with something else, or changed on the way.</summary>
    Mismatch,

    /// <summary>No secret is configured, so nothing can be verified and nothing passes.</summary>
    NoSecret,
}
