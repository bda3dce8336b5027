using System.Diagnostics.CodeAnalysis;
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

        X509Certificate2? client = null;
        if (tls.ClientCert is { } cert && tls.ClientPrivateKey is { } key)
        {
            client = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(cert), Encoding.ASCII.GetString(key));
        }

        X509Certificate2Collection? roots = null;
        if (tls.ServerRootCACert is { } ca)
        {
            roots = [];
            roots.ImportFromPem(Encoding.ASCII.GetString(ca));
        }

        return new() { Domain = tls.Domain, ClientCertificate = client, ServerRoots = roots };
    }

    private List<KeyValuePair<string, string>> Metadata(RpcOptions? options, string? ns)
    {
        List<KeyValuePair<string, string>> metadata =
        [
            new("client-name", SdkVersion.Name),
            new("client-version", SdkVersion.Version),
            .. RpcMetadata,
            .. options?.Metadata ?? [],
        ];
        if (ns is not null)
        {
            metadata.Add(new("temporal-namespace", ns));
        }

        if (ApiKey is { } key)
        {
            metadata.Add(new("authorization", $"Bearer {key}"));
        }

        return metadata;
    }
}
