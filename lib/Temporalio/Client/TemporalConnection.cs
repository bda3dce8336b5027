using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Temporalio.Exceptions;
using Temporalio.Protocol.Health;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Service;
using Temporalio.Protocol.Transport;

namespace Temporalio.Client;

/// <summary>A connection to a server. It reconnects by itself.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The official shape is not disposable; a connection lives as long as its process.")]
public sealed class TemporalConnection : ITemporalConnection
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongPollTimeout = TimeSpan.FromSeconds(70);

    private readonly GrpcChannel _channel;
    private readonly RpcRetryOptions _retry;

    private TemporalConnection(TemporalConnectionOptions options)
    {
        Options = (TemporalConnectionOptions)options.Clone();
        var target = Options.TargetHost ?? throw new ArgumentException("TargetHost must name the server as host:port.", nameof(options));
        Options.Identity ??= $"{Environment.ProcessId}@{Environment.MachineName}";
        RpcMetadata = Options.RpcMetadata ?? [];
        ApiKey = Options.ApiKey;
        _retry = Options.RpcRetry ?? new();
        _channel = new(new()
        {
            Target = target,
            KeepAliveInterval = Options.KeepAlive?.Interval,
            KeepAliveTimeout = Options.KeepAlive?.Timeout ?? TimeSpan.FromSeconds(15),
            Tls = Tls(Options),
        });
    }

    /// <inheritdoc />
    public IReadOnlyCollection<KeyValuePair<string, string>> RpcMetadata { get; set; }

    /// <inheritdoc />
    public string? ApiKey { get; set; }

    /// <inheritdoc />
    public TemporalConnectionOptions Options { get; private init; }

    /// <inheritdoc />
    public bool IsConnected { get; private set; }

    /// <summary>Connects, and fails when the server does not answer.</summary>
    /// <param name="options">Where the server is.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="RpcException">The server cannot be reached.</exception>
    public static async Task<TemporalConnection> ConnectAsync(TemporalConnectionOptions options)
    {
        var connection = new TemporalConnection(options);
        await connection.ConnectAsync();
        return connection;
    }

    /// <summary>Makes a connection that connects with the first call.</summary>
    /// <param name="options">Where the server is.</param>
    /// <returns>The connection.</returns>
    public static TemporalConnection CreateLazy(TemporalConnectionOptions options) => new(options);

    /// <inheritdoc />
    public async Task<bool> CheckHealthAsync(RpcService? service = null, RpcOptions? options = null)
    {
        var response = await CallAsync(
            HealthMethods.Check, new HealthCheckRequest { Service = WorkflowServiceMethods.Service }, options);
        return response.Status == HealthCheckResponse.Types.ServingStatus.Serving;
    }

    /// <inheritdoc />
    public async Task ConnectAsync()
    {
        if (!IsConnected)
        {
            await CallAsync(WorkflowServiceMethods.GetSystemInfo, new GetSystemInfoRequest(), new() { Retry = true });
            IsConnected = true;
        }
    }

    internal async Task<TResponse> CallAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, RpcOptions? options = null, string? ns = null)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var token = options?.CancellationToken ?? CancellationToken.None;
        var call = new GrpcCallOptions
        {
            Metadata = Metadata(options, ns),
            Timeout = options?.Timeout ?? (method.IsLongPoll ? LongPollTimeout : CallTimeout),
        };
        var started = TimeProvider.System.GetTimestamp();
        var delay = _retry.InitialInterval;
        for (var tries = 0; ; tries++)
        {
            try
            {
                var response = await _channel.CallAsync(method, request, call, token);
                IsConnected = true;
                return response;
            }
            catch (RpcStatusException e)
            {
                if (options?.Retry != true || !MayPass(e.Code) || tries >= _retry.MaxRetries
                    || TimeProvider.System.GetElapsedTime(started) + delay > (_retry.MaxElapsedTime ?? TimeSpan.MaxValue))
                {
                    throw new RpcException((RpcException.StatusCode)(int)e.Code, e.Message, e.Status?.ToByteArray());
                }
            }

            // Spread the retries of many callers, so that a server coming back is not met by all at once.
            await Task.Delay(delay * (1 + (_retry.RandomizationFactor * ((2 * Random.Shared.NextDouble()) - 1))), token);
            delay = TimeSpan.FromTicks(Math.Min((delay * _retry.Multiplier).Ticks, _retry.MaxInterval.Ticks));
        }
    }

    private static bool MayPass(GrpcStatusCode code) => code is GrpcStatusCode.Unavailable or GrpcStatusCode.Unknown
        or GrpcStatusCode.ResourceExhausted or GrpcStatusCode.Aborted or GrpcStatusCode.Internal or GrpcStatusCode.DataLoss
        or GrpcStatusCode.OutOfRange;

    private static GrpcTlsOptions? Tls(TemporalConnectionOptions options)
    {
        var tls = options.Tls ?? (options.ApiKey is null ? null : new TlsOptions());
        if (tls is null or { Disabled: true })
        {
            return null;
        }

        if (tls.ClientCert is null != tls.ClientPrivateKey is null)
        {
            throw new ArgumentException("Tls needs both ClientCert and ClientPrivateKey, or neither.", nameof(options));
        }

        try
        {
            var roots = tls.ServerRootCACert is { } ca ? Certificates(ca) : null;
            if (tls.ClientCert is null)
            {
                return new() { Domain = tls.Domain, ServerRoots = roots };
            }

            // The first certificate is ours; those of the issuers between it and the root may follow.
            var client = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(tls.ClientCert), Encoding.ASCII.GetString(tls.ClientPrivateKey!));
            return new() { Domain = tls.Domain, ServerRoots = roots, ClientCertificate = client, ClientIssuers = [.. Certificates(tls.ClientCert).Skip(1)] };
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new ArgumentException($"Tls has a certificate or key that is not PEM, or that do not belong together: {e.Message}", nameof(options), e);
        }
    }

    private static X509Certificate2Collection Certificates(byte[] pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(Encoding.ASCII.GetString(pem));
        return certificates.Count > 0 ? certificates : throw new CryptographicException("there is no certificate in it");
    }

    /// <summary>Headers of a call. What is said for the call goes before what is said for the connection, and both before our own.</summary>
    private Dictionary<string, string> Metadata(RpcOptions? options, string? ns)
    {
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in (options?.Metadata ?? []).Concat(RpcMetadata))
        {
            metadata.TryAdd(name, value);
        }

        metadata.TryAdd("client-name", SdkVersion.Name);
        metadata.TryAdd("client-version", SdkVersion.Version);
        if (ns is not null)
        {
            metadata.TryAdd("temporal-namespace", ns);
        }

        if (ApiKey is { } key)
        {
            metadata.TryAdd("authorization", $"Bearer {key}");
        }

        return metadata;
    }
}
