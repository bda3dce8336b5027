using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace CodingAgent.Mcp.Egress;

/// <summary>
/// What happens on one connection to the proxy before there is HTTP: a CONNECT request is judged, then what its tunnel begins with. TLS to an
/// open host is carried as it is; to a host with a credential it ends here; plain HTTP goes on to <see cref="EgressRequests"/>.
/// </summary>
internal sealed class EgressConnection(EgressOptions options, EgressPolicy policy, Upstream upstream, RunAuthority? authority, EgressLog log, TimeProvider time, CancellationToken closing)
{
    // Fatal unrecognized_name (RFC 8446, section 6): the client says so instead of "connection reset".
    private static readonly byte[] NameAlert = [21, 3, 3, 0, 2, 2, 112];

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            var input = connection.Transport.Input;
            using var timeout = new CancellationTokenSource(options.HeadTimeout, time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, closing);
            if (!await BeginsWithConnectAsync(input, stop.Token)) await next(connection);
            else if (await HeadAsync(input, stop.Token) is { } request) await ServeAsync(connection, request, next);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ConnectionResetException or ConnectionAbortedException)
        {
            // The client went, or took too long; there is nobody to tell.
        }
    }

    private static async Task<bool> BeginsWithConnectAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var answer = ConnectRequest.Begins(read.Buffer);
            // Nothing is consumed; what was looked at is offered again at once when it is understood.
            input.AdvanceTo(read.Buffer.Start, answer is null ? read.Buffer.End : read.Buffer.Start);
            if (answer is { } known) return known;
            if (read.IsCompleted) return false;
        }
    }

    private async Task<ConnectRequest?> HeadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            if (ConnectRequest.Read(read.Buffer, options.MaxHeadBytes, out var after) is { } request)
            {
                input.AdvanceTo(after);
                return request;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted) return null;
        }
    }

    private async Task ServeAsync(ConnectionContext connection, ConnectRequest request, ConnectionDelegate next)
    {
        var (host, port, problem) = request;
        problem ??= policy.Refusal(host, port);
        if (problem is not null)
        {
            log.Refuse(host, port, problem);
            await AnswerAsync(connection, problem is "malformed request" or "head too long" ? "400 Bad Request" : "403 Forbidden", EgressLog.Words(host, problem));
            return;
        }

        var credential = options.Credentials is { } credentials && policy.Opens(host, port, tls: true) ? await credentials.FindAsync(host, closing) : null;
        // Connected before the answer, so that the client hears of a failure in words.
        using var socket = credential is null && policy.Opens(host, port, tls: true) ? await ConnectAsync(connection, host, port) : null;
        if (socket is null && credential is null && policy.Opens(host, port, tls: true)) return;
        await AnswerAsync(connection, "200 Connection established", null);
        var input = connection.Transport.Input;
        if (await FirstByteAsync(input) is not { } first) return;
        if (!ClientHello.Begins(first) && policy.Opens(host, port, tls: false) && (char.IsAsciiLetterUpper((char)first)))
        {
            connection.Features.Set(new TunnelTarget(host, port, null));
            await next(connection);
            return;
        }

        var hello = policy.Opens(host, port, tls: true) ? await HelloAsync(input) : new ClientHello(null, "port not open");
        // Java and others name a server only by a name with a dot. A host of one label is the operator's own, and the tunnel leads to it whatever it is called.
        var isNamed = hello.Problem != ClientHello.NoName || host.Contains('.', StringComparison.Ordinal);
        problem = !isNamed ? null : hello.Problem ?? (HostName.Normalize(hello.ServerName!) == host ? null : "server name differs from the host");
        if (problem is not null)
        {
            log.Refuse(host, port, problem);
            await SendAsync(connection, NameAlert, closing);
        }
        else if (credential is not null)
        {
            await TerminateAsync(connection, new TunnelTarget(host, port, credential), next);
        }
        else
        {
            log.Allow(host, 1, 0, 0);
            await Tunnel.RunAsync(connection.Transport.Input, Client(connection), socket!, options.IdleTimeout, time, (sent, received) => log.Allow(host, 0, sent, received), closing);
        }
    }

    private async Task<Socket?> ConnectAsync(ConnectionContext connection, string host, int port)
    {
        try
        {
            return await upstream.ConnectAsync(host, port, closing);
        }
        catch (EgressRefusedException e)
        {
            log.Refuse(host, port, e.Message);
            await AnswerAsync(connection, "403 Forbidden", EgressLog.Words(host, e.Message));
        }
        catch (IOException e)
        {
            log.Refuse(host, port, e.Message);
            await AnswerAsync(connection, "502 Bad Gateway", EgressLog.Words(host, e.Message));
        }

        return null;
    }

    private async Task<byte?> FirstByteAsync(PipeReader input)
    {
        using var timeout = new CancellationTokenSource(options.HeadTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, closing);
        var read = await input.ReadAsync(stop.Token);
        byte? first = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0];
        input.AdvanceTo(read.Buffer.Start);
        return first;
    }

    private async Task<ClientHello> HelloAsync(PipeReader input)
    {
        using var timeout = new CancellationTokenSource(options.HeadTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, closing);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(stop.Token);
                var hello = ClientHello.Read(read.Buffer);
                input.AdvanceTo(read.Buffer.Start, hello is null ? read.Buffer.End : read.Buffer.Start);
                if (hello is not null) return hello;
                if (read.IsCompleted) return new ClientHello(null, "malformed TLS greeting");
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return new ClientHello(null, "no TLS greeting in time");
        }
    }

    private async Task TerminateAsync(ConnectionContext connection, TunnelTarget target, ConnectionDelegate next)
    {
        var transport = connection.Transport;
        await using var tls = new SslStream(new DuplexPipeStream(transport), leaveInnerStreamOpen: false);
        try
        {
            using var timeout = new CancellationTokenSource(options.HeadTimeout, time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, closing);
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificateContext = authority!.For(target.Host), ApplicationProtocols = [SslApplicationProtocol.Http11] }, stop.Token);
        }
        catch (AuthenticationException)
        {
            log.Refuse(target.Host, target.Port, "the client did not accept the proxy's certificate");
            return;
        }

        connection.Features.Set(target);
        connection.Transport = new StreamPipes(tls);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
        }
    }

    private async Task AnswerAsync(ConnectionContext connection, string status, string? words)
    {
        var body = words is null ? "" : words + "\n";
        var headers = words is null ? "" : $"Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        await SendAsync(connection, Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\n{headers}\r\n{body}"), closing);
    }

    // What this class answers goes to the socket itself, as the tunnel's bytes do, and not through the connection's pipe: so it cannot overtake them.
    private static async Task SendAsync(ConnectionContext connection, ReadOnlyMemory<byte> bytes, CancellationToken closing)
    {
        while (bytes.Length > 0) bytes = bytes[await Client(connection).SendAsync(bytes, closing)..];
    }

    private static Socket Client(ConnectionContext connection) => connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;

    private sealed class StreamPipes(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }
}

/// <summary>Where a tunnel that speaks HTTP with the proxy itself leads.</summary>
/// <param name="Host">Normalised host name.</param>
/// <param name="Port">Port.</param>
/// <param name="Credential">What the proxy adds, over TLS; null for plain HTTP.</param>
internal sealed record TunnelTarget(string Host, int Port, RegistryCredential? Credential);
