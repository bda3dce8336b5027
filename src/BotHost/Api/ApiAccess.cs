using System.Net;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.BotHost.Web;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Api;

/// <summary>
/// Whose an API key is: one that <c>codingagent key</c> made, or the one of the configuration, an administrator's. Asked of the database each
/// time, so that a revoked key is refused from the next request on. What is refused is logged with the address it came from.
/// </summary>
public sealed class ApiAccess : IDisposable
{
    /// <summary>What the holder of the configured key is called.</summary>
    public const string ConfiguredName = "rest-api";

    private readonly ApiKeys _keys;
    private readonly TimeProvider _time;
    private readonly byte[]? _configured;
    private readonly RefusalLog _refusals;

    /// <summary>By these keys.</summary>
    /// <param name="keys">Those of the database.</param>
    /// <param name="configured">The one of the configuration; null for none.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Log.</param>
    public ApiAccess(ApiKeys keys, string? configured, TimeProvider time, ILogger<ApiAccess> logger)
    {
        (_keys, _time, _configured) = (keys, time, string.IsNullOrEmpty(configured) ? null : Digest(configured));
        _refusals = new RefusalLog("request", time, logger);
    }

    /// <summary>Who holds a key.</summary>
    /// <param name="given">The key.</param>
    /// <param name="from">Where it came from; null for a local socket.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The holder; null when it is none, revoked or expired, which is logged.</returns>
    public async Task<ApiCaller?> JudgeAsync(string given, IPAddress? from, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(given);
        if (_configured is not null && CryptographicOperations.FixedTimeEquals(_configured, Digest(given)))
            return Configured;
        var key = await _keys.FindAsync(given, cancellationToken);
        var trouble = key is null ? "its API key is not known" : TroubleOf(key);
        if (trouble is null)
            return Holder(key!);
        _refusals.Add($"{trouble}, from {from?.ToString() ?? "a local socket"}", "'codingagent key list' shows the keys there are.");
        return null;
    }

    /// <summary>Who holds a key that was judged before: what they may do now.</summary>
    /// <param name="keyId">As <see cref="ApiCaller.KeyId"/> had it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The holder; null when it was revoked, expired or replaced since.</returns>
    public async Task<ApiCaller?> RecallAsync(string keyId, CancellationToken cancellationToken)
    {
        if (_configured is not null && keyId == Configured.KeyId)
            return Configured;
        return await _keys.FindByIdAsync(keyId, cancellationToken) is { } key && TroubleOf(key) is null ? Holder(key) : null;
    }

    // Another key in the configuration is another id.
    private ApiCaller Configured => new(ConfiguredName, ApiRole.Admin, $"configured-{Convert.ToHexStringLower(SHA256.HashData(_configured!).AsSpan(0, 16))}");

    private static ApiCaller Holder(ApiKey key) => new($"{ConfiguredName}:{key.Name}", key.Role, key.Id);

    private string? TroubleOf(ApiKey key) =>
        key.RevokedAt is not null ? $"its API key {key.Name} is revoked"
        : key.ExpiresAt is { } end && end <= _time.GetUtcNow() ? $"its API key {key.Name} has expired"
        : null;

    /// <summary>That nobody could call the API, in words; null when somebody can.</summary>
    public async Task<string?> ProblemAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        return _configured is not null || (await _keys.ListAsync(cancellationToken)).Any(k => k.RevokedAt is null && !(k.ExpiresAt <= now))
            ? null
            : "There is no API key: REST, 'codingagent task' and /metrics refuse everybody until 'codingagent key create NAME --role operator' made one, or Api:Key is set.";
    }

    /// <inheritdoc/>
    public void Dispose() => _refusals.Dispose();

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}

/// <summary>Who calls the REST API.</summary>
/// <param name="Name">What they are called in what the bot writes; no account of a forge is called so.</param>
/// <param name="Role">What they may do.</param>
/// <param name="KeyId">Which key they hold, without telling it.</param>
public sealed record ApiCaller(string Name, ApiRole Role, string KeyId);
