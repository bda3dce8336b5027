using CodingAgent.Forges.Webhooks;
using Octokit.Webhooks;

namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>GitHub's deliveries: signed with HMAC-SHA256 over the body. https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries</summary>
public sealed class GitHubWebhook : IForgeWebhook
{
    /// <summary>Where GitHub sends to.</summary>
    public const string Place = "/webhooks/github";

    private const string SecretSetting = "Forge:GitHub:WebhookSecret";

    private readonly WebhookSecrets _secrets;

    /// <summary>Takes the secrets.</summary>
    /// <exception cref="ArgumentException">There is none: without one nothing could be told from a forgery.</exception>
    public GitHubWebhook(WebhookSecrets secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        if (!secrets.All.Any() || secrets.All.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException($"{SecretSetting} is missing: set the secret of the webhook's settings on GitHub.", nameof(secrets));
        _secrets = secrets;
    }

    /// <inheritdoc/>
    public ForgeKind Forge => ForgeKind.GitHub;

    /// <inheritdoc/>
    public string Path => Place;

    /// <inheritdoc/>
    /// <remarks>GitHub sends none above 25 MB.</remarks>
    public long MaxBodyBytes { get; init; } = 25L * 1024 * 1024;

    /// <inheritdoc/>
    public WebhookReceipt.Refused? RefuseUnread(Func<string, string?> header)
    {
        // One without a signature need not be read, and must not reach the validator: without a secret it would pass there.
        if (string.IsNullOrEmpty(header("X-Hub-Signature-256")))
        {
            var sends = header("X-GitHub-Event") is null ? " It may not be GitHub that sends." : "";
            return new WebhookReceipt.Refused(
                WebhookRefusal.Unauthorized, $"The signature is missing: enter a secret in the webhook's settings, the one of this service's {SecretSetting}.")
            {
                Logged = "signature MissingSignature, by the secrets of anybody",
                Mend = $"Enter the secret of {SecretSetting} in the webhook's settings.{sends}",
            };
        }

        // Told whoever sends it: a form's signature may be good, and what it says cannot be looked up to know.
        return WebhookBody.Is(header, "application/x-www-form-urlencoded") ? NotJson() : null;
    }

    /// <inheritdoc/>
    public WebhookReceipt Receive(Func<string, string?> header, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var (verdict, whose) = Judge(header("X-Hub-Signature-256")!, body);
        if (verdict != WebhookSignatureValidationResult.Valid)
        {
            return new WebhookReceipt.Refused(WebhookRefusal.Unauthorized, $"The signature is wrong: the webhook's secret is not the one of this service's {SecretSetting}.")
            {
                Logged = $"signature {verdict}, by the secrets of {whose}",
                Mend = $"Enter the same secret in the webhook's settings and in {SecretSetting} (or in the one that is named for it).",
            };
        }

        if (!WebhookBody.SaysJson(header))
            return NotJson();
        var (id, name) = (header("X-GitHub-Delivery"), header("X-GitHub-Event"));
        if (!WebhookBody.IsName(name))
            return new WebhookReceipt.Refused(WebhookRefusal.Malformed, "The X-GitHub-Event header is missing or not an event name.");
        if (!WebhookBody.IsName(id))
            return new WebhookReceipt.Refused(WebhookRefusal.Malformed, "The X-GitHub-Delivery header is missing or not a delivery id.");
        if (name == "ping" && WebhookPing.Read(body) is { } ping)
            return new WebhookReceipt.Greeted(ping.Where, ping.Missing);
        if (!GitHubWebhookMapper.Handles(name!))
            return new WebhookReceipt.Ignored(id!, name!);
        return WebhookBody.IsJsonObject(body) ? new WebhookReceipt.Accepted(id!, name!) : new WebhookReceipt.Refused(WebhookRefusal.Malformed, "The body is not a JSON object.");
    }

    // Which secret must have signed it depends on what it says it is about: one says nothing about another's repositories.
    private (WebhookSignatureValidationResult Verdict, string Whose) Judge(string signature, ReadOnlySpan<byte> body)
    {
        var subject = _secrets.Entries.Count == 0 ? default(DeliverySubject) : DeliverySubject.Read(body);
        if (subject is not { } about)
            return (WebhookSignatureValidationResult.SignatureMismatch, "a body that names nobody for certain");
        var (keys, whose) = _secrets.For(about.Repository, about.Owner, about.Installation);
        foreach (var secret in keys.Where(s => s.Length > 0))
        {
            if (WebhookSignatureValidator.Verify(signature, secret, body) == WebhookSignatureValidationResult.Valid)
                return (WebhookSignatureValidationResult.Valid, whose);
        }

        return (WebhookSignatureValidationResult.SignatureMismatch, whose);
    }

    private static WebhookReceipt.Refused NotJson()
    {
        const string Mend = "Select the content type application/json in the webhook's settings.";
        return new WebhookReceipt.Refused(WebhookRefusal.NotJson, Mend) { Logged = "its content type is not application/json", Mend = Mend };
    }
}
