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
            return new ApiCaller(ConfiguredName, ApiRole.Admin);
        var key = await _keys.FindAsync(given, cancellationToken);
        var trouble = key switch
        {
            null => "its API key is not known",
            { RevokedAt: not null } => $"its API key {key.Name} is revoked",
            { ExpiresAt: { } end } when end <= _time.GetUtcNow() => $"its API key {key.Name} has expired",
            _ => null,
        };
        if (trouble is null)
            return new ApiCaller($"{ConfiguredName}:{key!.Name}", key.Role);
        _refusals.Add($"{trouble}, from {from?.ToString() ?? "a local socket"}", "'codingagent key list' shows the keys there are.");
        return null;
    }

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
public sealed record ApiCaller(string Name, ApiRole Role);
