using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Temporalio.Protocol.Methods;

namespace Temporalio.Protocol.Transport;

/// <summary>Unary gRPC calls to one server over HTTP/2. Thread-safe; connects at the first call and again when a connection is lost.</summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _target;
    private readonly int _maxMessageBytes;

    /// <summary>Creates a channel; nothing is sent yet.</summary>
    /// <param name="options">Where and how.</param>
    /// <exception cref="ArgumentException">The target is not host and port.</exception>
    public GrpcChannel(GrpcChannelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _maxMessageBytes = options.MaxMessageBytes;
        var scheme = options.Tls is null ? "http" : "https";
        if (!Uri.TryCreate($"{scheme}://{options.Target}", UriKind.Absolute, out var address)
            || address.AbsolutePath != "/"
            || options.Target.Contains("://", StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{options.Target}' is not a target; write host:port, for example localhost:7233", nameof(options));
        }

        _target = options.Target;

        // The name in the address is what TLS expects in the certificate; where to connect is told apart from it.
        var named = options.Tls?.Domain is { Length: > 0 } domain ? new UriBuilder(address) { Host = domain }.Uri : address;
        _http = new HttpClient(CreateHandler(options, address), disposeHandler: true)
        {
            BaseAddress = named,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Makes a unary call.</summary>
    /// <typeparam name="TRequest">The request message.</typeparam>
    /// <typeparam name="TResponse">The response message.</typeparam>
    /// <param name="method">The method.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">Metadata and deadline.</param>
    /// <param name="cancellationToken">Cancels the call; the server is told.</param>
    /// <returns>The response.</returns>
    /// <exception cref="RpcStatusException">The call ended with a status other than OK, or the server cannot be reached (UNAVAILABLE).</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TResponse> CallAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, GrpcCallOptions? options = null, CancellationToken cancellationToken = default)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        ArgumentNullException.ThrowIfNull(method);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (options?.Timeout is { } timeout)
        {
            deadline.CancelAfter(timeout);
        }

        try
        {
            using var message = CreateRequest(method, request, options);
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            return await ReadAsync(method, response, deadline.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RpcStatusException(GrpcStatusCode.DeadlineExceeded, $"{method.Name} did not answer within {options?.Timeout}", e);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            // A connection that is reset while it is being made may show as the bare error of its socket.
            throw new RpcStatusException(GrpcStatusCode.Unavailable, $"{method.Name}: cannot reach {_target}: {Innermost(e)}", e);
        }
        catch (IOException e)
        {
            throw new RpcStatusException(GrpcStatusCode.Unavailable, $"{method.Name}: connection to {_target} was lost: {Innermost(e)}", e);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage CreateRequest<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, TRequest request, GrpcCallOptions? options)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var message = new HttpRequestMessage(HttpMethod.Post, method.Path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(GrpcFraming.Write(request)),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(GrpcHeaders.ContentType);
        message.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        message.Headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, "identity,gzip");
        if (options?.Timeout is { } timeout)
        {
            message.Headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcHeaders.EncodeTimeout(timeout));
        }

        foreach (var (name, value) in options?.Metadata ?? [])
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    private async Task<TResponse> ReadAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, HttpResponseMessage response, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new RpcStatusException(FromHttp(response.StatusCode), $"{method.Name}: HTTP status {(int)response.StatusCode} from {_target}");
        }

        // A call that fails at once may carry its status in the headers, with no body at all.
        ThrowUnlessOk(method, response.Headers, required: false);
        using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var encoding = Find(response.Headers, GrpcHeaders.Encoding);
        var message = await GrpcFraming.ReadAsync(body, method.ResponseParser, encoding, _maxMessageBytes, cancellationToken);
        ThrowUnlessOk(method, response.TrailingHeaders, required: Find(response.Headers, GrpcHeaders.Status) is null);
        return message ?? throw new RpcStatusException(GrpcStatusCode.Internal, $"{method.Name}: the server answered OK without a message");
    }

    private static void ThrowUnlessOk(RpcMethod method, HttpResponseHeaders headers, bool required)
    {
        if (Find(headers, GrpcHeaders.Status) is not { } text)
        {
            if (required)
            {
                throw new RpcStatusException(GrpcStatusCode.Unknown, $"{method.Name}: the response has no {GrpcHeaders.Status}");
            }

            return;
        }

        var code = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 16
            ? (GrpcStatusCode)number
            : GrpcStatusCode.Unknown;
        if (code != GrpcStatusCode.Ok)
        {
            var status = GrpcHeaders.DecodeDetails(Find(headers, GrpcHeaders.StatusDetails));
            var message = Find(headers, GrpcHeaders.Message) is { } encoded ? GrpcHeaders.DecodeMessage(encoded) : status?.Message;
            throw new RpcStatusException(code, message ?? string.Empty, status);
        }
    }

    private static string? Find(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    private static string Innermost(Exception e) => e.GetBaseException().Message;

    private static GrpcStatusCode FromHttp(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => GrpcStatusCode.Internal,
        HttpStatusCode.Unauthorized => GrpcStatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => GrpcStatusCode.PermissionDenied,
        HttpStatusCode.NotFound => GrpcStatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => GrpcStatusCode.Unavailable,
        _ => GrpcStatusCode.Unknown,
    };

    private static SocketsHttpHandler CreateHandler(GrpcChannelOptions options, Uri address)
    {
        var handler = new SocketsHttpHandler
        {
            // A worker holds many long polls at once; one connection's stream limit must not queue them behind each other.
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = options.ConnectTimeout,
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        };
        if (options.KeepAliveInterval is { } interval)
        {
            handler.KeepAlivePingDelay = interval;
            handler.KeepAlivePingTimeout = options.KeepAliveTimeout;
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always;
        }

        if (options.Tls is { } tls)
        {
            handler.SslOptions = CreateTls(tls);
            if (tls.Domain is { Length: > 0 })
            {
                handler.ConnectCallback = (_, cancellationToken) => ConnectAsync(address, cancellationToken);
            }
        }

        return handler;
    }

    private static async ValueTask<Stream> ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.DnsSafeHost, address.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions CreateTls(GrpcTlsOptions tls)
    {
        var ssl = new SslClientAuthenticationOptions();
        if (tls.ClientCertificate is { } certificate)
        {
            ssl.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, tls.ClientIssuers, offline: true);
        }

        if (tls.ServerRoots is { } roots)
        {
            ssl.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            ssl.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        return ssl;
    }
}
