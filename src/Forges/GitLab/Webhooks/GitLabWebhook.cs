using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Forges.Webhooks;

namespace CodingAgent.Forges.GitLab.Webhooks;

/// <summary>
/// GitLab's deliveries: with the secret itself in a header, or, where the secret is a signing token (<c>whsec_…</c>), signed as the Standard Webhooks
/// say; then the header alone does not suffice. https://docs.gitlab.com/user/project/integrations/webhooks/, https://www.standardwebhooks.com/
/// </summary>
public sealed class GitLabWebhook : IForgeWebhook
{
    private const string SecretSetting = "Forge:GitLab:WebhookSecret";
    private const string SigningPrefix = "whsec_";

    // Who has seen a delivery may send it again so long; what was taken once is known.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly WebhookSecrets _secrets;

    /// <summary>Takes the secrets.</summary>
    /// <exception cref="ArgumentException">There is none, or one that is meant for signing is no key.</exception>
    public GitLabWebhook(WebhookSecrets secrets)
    {
        if (ProblemOf(secrets) is { } problem)
            throw new ArgumentException(problem, nameof(secrets));
        _secrets = secrets;
    }

    /// <summary>Why these secrets cannot be used, in one line; null when they can.</summary>
    public static string? ProblemOf(WebhookSecrets secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        if (!secrets.All.Any() || secrets.All.Any(string.IsNullOrWhiteSpace))
            return $"{SecretSetting} is missing: set the secret token, or the signing token, of the webhook's settings on GitLab.";
        return secrets.All.Any(s => IsSigning(s) && KeyOf(s) is null)
            ? $"{SecretSetting} (or one that is named for a group or project) begins with {SigningPrefix} and is no signing token: behind that comes base64, as GitLab shows it once."
            : null;
    }

    /// <inheritdoc/>
    public ForgeKind Forge => ForgeKind.GitLab;

    /// <inheritdoc/>
    public string Path => "/webhooks/gitlab";

    /// <inheritdoc/>
    /// <remarks>GitLab sends none above 25 MB as it comes.</remarks>
    public long MaxBodyBytes { get; init; } = 25L * 1024 * 1024;

    /// <inheritdoc/>
    public WebhookReceipt.Refused? RefuseUnread(Func<string, string?> header)
    {
        if (!string.IsNullOrEmpty(header("X-Gitlab-Token")) || !string.IsNullOrEmpty(header("webhook-signature")))
            return null;
        var sends = header("X-Gitlab-Event") is null ? " It may not be GitLab that sends." : "";
        return new WebhookReceipt.Refused(
            WebhookRefusal.Unauthorized, $"Secret and signature are missing: enter a secret token in the webhook's settings, the one of this service's {SecretSetting}.")
        {
            Logged = "secret and signature missing",
            Mend = $"Enter the secret of {SecretSetting} in the webhook's settings.{sends}",
        };
    }

    /// <inheritdoc/>
    public WebhookReceipt Receive(Func<string, string?> header, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (Refusal(header, body, now) is { } refusal)
            return refusal;
        if (!WebhookBody.SaysJson(header))
            return new WebhookReceipt.Refused(WebhookRefusal.NotJson, "GitLab sends application/json, and this is not.") { Logged = "its content type is not application/json", Mend = "Point no custom webhook template at this address." };
        // "Merge Request Hook"
        var name = header("X-Gitlab-Event")?.ToLowerInvariant().Replace(' ', '_');
        if (!WebhookBody.IsName(name))
            return new WebhookReceipt.Refused(WebhookRefusal.Malformed, "The X-Gitlab-Event header is missing or not an event name.");
        var id = IdOf(header, body);
        if (!GitLabWebhookMapper.Handles(name!))
            return new WebhookReceipt.Ignored(id, name!);
        return WebhookBody.IsJsonObject(body) ? new WebhookReceipt.Accepted(id, name!) : new WebhookReceipt.Refused(WebhookRefusal.Malformed, "The body is not a JSON object.");
    }

    // Which secret counts depends on what it says it is about: one says nothing about another's projects.
    private WebhookReceipt.Refused? Refusal(Func<string, string?> header, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        RepoRef? about = null;
        if (_secrets.Entries.Count > 0)
        {
            if (BodyMembers.Read(body, ("project", "path_with_namespace")) is not [{ Text: { } path }] || !RepoRef.TryParse($"gitlab:{path}", out about))
                return Wrong("a body that names no project for certain");
        }

        var (secrets, whose) = _secrets.For(about?.FullName, about?.Owner, installation: null);
        var signing = secrets.Where(IsSigning).ToArray();
        if (signing.Length == 0)
            return header("X-Gitlab-Token") is { Length: > 0 } token && secrets.Any(s => IsSame(s, token)) ? null : Wrong($"the secrets of {whose}");
        if (header("webhook-signature") is not { Length: > 0 } signatures)
            return new WebhookReceipt.Refused(WebhookRefusal.Unauthorized, $"The signature is missing: this service's {SecretSetting} is a signing token, which the webhook's settings must have.")
            {
                Logged = $"signature missing, by the signing tokens of {whose}",
                Mend = "Enter the signing token in the webhook's settings on GitLab, or set the secret to the plain one.",
            };
        var (id, stamp) = (header("webhook-id"), header("webhook-timestamp"));
        if (id is null || !long.TryParse(stamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            return Wrong($"the signing tokens of {whose}");
        if ((DateTimeOffset.FromUnixTimeSeconds(seconds) - now).Duration() > Tolerance)
        {
            return new WebhookReceipt.Refused(WebhookRefusal.Unauthorized, $"The delivery is signed for another time than now, by more than {Tolerance.TotalMinutes:0} minutes.")
            {
                Logged = "signed for another time",
                Mend = "Set the clocks of both machines (NTP); redeliver what was missed from the webhook's page.",
            };
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{stamp}."), .. body];
        foreach (var key in signing)
        {
            var made = HMACSHA256.HashData(KeyOf(key)!, signed);
            foreach (var signature in signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(s => s.StartsWith("v1,", StringComparison.Ordinal)))
            {
                var given = new byte[signature.Length];
                if (Convert.TryFromBase64String(signature["v1,".Length..], given, out var length) && CryptographicOperations.FixedTimeEquals(made, given.AsSpan(0, length)))
                    return null;
            }
        }

        return Wrong($"the signing tokens of {whose}");
    }

    private static WebhookReceipt.Refused Wrong(string by) => new(WebhookRefusal.Unauthorized, $"The secret is wrong: the webhook's is not the one of this service's {SecretSetting}.")
    {
        Logged = $"secret or signature wrong, by {by}",
        Mend = $"Enter the same secret in the webhook's settings and in {SecretSetting} (or in the one that is named for it).",
    };

    // Stable over retries, and part of what is signed. Before 17.4 there is none: several deliveries that lead to each other share the event's id.
    private static string IdOf(Func<string, string?> header, ReadOnlySpan<byte> body)
    {
        if ((header("webhook-id") ?? header("Idempotency-Key")) is { } id && WebhookBody.IsName(id))
            return id;
        var digest = Convert.ToHexStringLower(SHA256.HashData(body))[..32];
        return header("X-Gitlab-Event-UUID") is { Length: <= 60 } uuid && WebhookBody.IsName(uuid) ? $"{uuid}-{digest}" : digest;
    }

    private static bool IsSigning(string secret) => secret.StartsWith(SigningPrefix, StringComparison.Ordinal);

    private static byte[]? KeyOf(string secret)
    {
        var key = new byte[secret.Length];
        return Convert.TryFromBase64String(secret[SigningPrefix.Length..], key, out var length) && length > 0 ? key[..length] : null;
    }

    // Of one length first, so that the comparison takes as long whatever is right of it.
    private static bool IsSame(string secret, string given) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), SHA256.HashData(Encoding.UTF8.GetBytes(given)));
}
