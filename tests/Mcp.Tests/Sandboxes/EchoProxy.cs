using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>What an egress leads to, reduced to an answer for one line; with a certificate authority of its own.</summary>
internal sealed class EchoProxy : IAsyncDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly Socket _server = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task _serve;

    public EchoProxy()
    {
        // The forwarder is the sandbox's user, who has to get there.
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0x1ed);
        _server.Bind(new UnixDomainSocketEndPoint(SocketPath));
        File.SetUnixFileMode(SocketPath, (UnixFileMode)0x1b6);
        _server.Listen();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        _folder.Write("ca.pem", certificate.ExportCertificatePem() + "\n");
        _serve = ServeAsync();
    }

    public string SocketPath => _folder["p.sock"];

    public string Bundle => _folder["ca.pem"];

    public async ValueTask DisposeAsync()
    {
        _server.Dispose();
        await _serve;
        _folder.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _server.AcceptAsync();
                await using var stream = new NetworkStream(client);
                using var reader = new StreamReader(stream);
                var line = await reader.ReadLineAsync();
                await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"answered: {line}\n"));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }
}
