using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using CodingAgent.Mcp.Egress;

namespace CodingAgent.Mcp.Tests.Egress;

/// <summary>The proxy at its socket, with real TLS behind it.</summary>
public sealed class EgressProxyTests
{
    [Fact]
    public async Task AllowedHost_IsReached_AndCounted()
    {
        await using var f = await EgressFixture.StartAsync();
        using var client = f.Client();
        (await client.GetStringAsync($"https://{f.Tls}/")).ShouldBe("hello from the registry\n");
        var allowed = f.Proxy.Log.Allowed.ShouldHaveSingleItem();
        (allowed.Host, allowed.Connections).ShouldBe(("registry.test", 1));
        allowed.BytesReceived.ShouldBeGreaterThan(100);
        allowed.BytesSent.ShouldBeGreaterThan(100);
        f.Proxy.Log.Refused.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("other.test:443", "other.test", 443, "not on the list")]
    [InlineData("registry.test.evil.test:443", "registry.test.evil.test", 443, "not on the list")]
    [InlineData("registry.test:22", "registry.test", 22, "port not open")]
    [InlineData("127.0.0.1:443", "127.0.0.1", 443, "not a host name")]
    [InlineData("0x7f.1:443", "0x7f.1", 443, "not a host name")]
    [InlineData("2130706433:443", "2130706433", 443, "not a host name")]
    [InlineData("[::1]:443", "[::1]", 443, "not a host name")]
    [InlineData("[::ffff:127.0.0.1]:443", "[::ffff:127.0.0.1]", 443, "not a host name")]
    [InlineData("evil.test\0.registry.test:443", "evil.test?.registry.test", 443, "not a host name")]
    [InlineData("evil.test%00.registry.test:443", "evil.test?00.registry.test", 443, "not a host name")]
    [InlineData("registry.test@evil.test:443", "registry.test?evil.test", 443, "not a host name")]
    [InlineData("b\u00fccher.test:443", "b?cher.test", 443, "not a host name")]
    [InlineData("registry.test", "registry.test", 0, "malformed request")]
    [InlineData("registry.test:443:443", "registry.test:443", 443, "not a host name")]
    [InlineData("registry.test:+443", "registry.test", 0, "malformed request")]
    [InlineData("registry.test:0000000443", "registry.test", 0, "malformed request")]
    public async Task Connect_ToWhatIsNotOpen_IsRefusedInWords_AndRecorded(string authority, string host, int port, string reason)
    {
        await using var f = await EgressFixture.StartAsync();
        var answer = await f.ExchangeAsync($"CONNECT {authority} HTTP/1.1\r\nHost: {f.Tls}\r\n\r\n");
        answer.ShouldStartWith(reason == "malformed request" ? "HTTP/1.1 400" : "HTTP/1.1 403");
        answer.ShouldEndWith($"'{host}' is refused ({reason}).\n");
        f.Proxy.Log.Refused.ShouldBe([new RefusedHost(host, port, reason, 1)]);
        f.Proxy.Log.Allowed.ShouldBeEmpty();
    }

    [Fact]
    public async Task EmptyList_OpensNothing()
    {
        await using var f = await EgressFixture.StartAsync((o, _) => o with { Allowed = [] });
        (await f.ExchangeAsync($"CONNECT {f.Tls} HTTP/1.1\r\n\r\n")).ShouldContain("not on the list");
        (await f.ExchangeAsync($"GET http://{f.Plain}/ HTTP/1.1\r\nHost: {f.Plain}\r\n\r\n")).ShouldContain("not on the list");
    }

    [Theory]
    [InlineData("CONNECT {0} HTTP/1.1\nHost: x\n\n\r\n\r\n")]
    [InlineData("CONNECT {0} HTTP/1.1\r\n folded\r\n\r\n")]
    [InlineData("CONNECT {0} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("CONNECT {0} HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /")]
    [InlineData("CONNECT {0} HTTP/1.1\r\nHost : x\r\n\r\n")]
    [InlineData("CONNECT  {0} HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT {0} HTTP/2.0\r\n\r\n")]
    [InlineData("CONNECT {0}\r\n\r\n")]
    [InlineData("CONNECT {0} HTTP/1.1\r\nX: a\0b\r\n\r\n")]
    public async Task Connect_WithAHeadThatHasTwoReadings_IsRefused(string head)
    {
        await using var f = await EgressFixture.StartAsync();
        (await f.ExchangeAsync(head.Replace("{0}", f.Tls, StringComparison.Ordinal))).ShouldStartWith("HTTP/1.1 400");
        f.Proxy.Log.Allowed.ShouldBeEmpty();
    }

    [Fact]
    public async Task Connect_WithAHeadWithoutEnd_IsRefused_AtItsLimit()
    {
        await using var f = await EgressFixture.StartAsync((o, _) => o with { MaxHeadBytes = 4096 });
        (await f.ExchangeAsync("CONNECT registry.test:443 HTTP/1.1\r\nX: " + new string('a', 5000))).ShouldContain("head too long");
    }

    [Theory]
    [InlineData("REGISTRY.Test")]
    [InlineData("registry.test.")]
    public async Task Connect_InAnotherSpellingOfAnOpenHost_IsServed(string host)
    {
        await using var f = await EgressFixture.StartAsync();
        await using var tunnel = await f.TunnelAsync($"{host}:{f.Registry.TlsPort}");
        await using var tls = await f.SecureAsync(tunnel);
        f.Proxy.Log.Allowed.ShouldHaveSingleItem().Host.ShouldBe("registry.test");
    }

    [Fact]
    public async Task InternationalHost_OnTheListInItsOwnScript_IsServedByItsAsciiName()
    {
        await using var f = await EgressFixture.StartAsync((o, r) => o with { Allowed = [HostRule.Parse($"bücher.test:{r.TlsPort}")] });
        using var client = f.Client();
        (await client.GetStringAsync($"https://xn--bcher-kva.test:{f.Registry.TlsPort}/")).ShouldBe("hello from the registry\n");
    }

    [Fact]
    public async Task Tls_ForAnotherHostThanTheTunnels_GetsNoByteThrough()
    {
        await using var f = await EgressFixture.StartAsync();
        await using var tunnel = await f.TunnelAsync(f.Tls);
        await Should.ThrowAsync<Exception>(() => f.SecureAsync(tunnel, "other.test"));
        f.Proxy.Log.Refused.ShouldBe([new RefusedHost("registry.test", f.Registry.TlsPort, "server name differs from the host", 1)]);
        f.Registry.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tls_WithoutAName_IsRefused()
    {
        await using var f = await EgressFixture.StartAsync();
        await using var tunnel = await f.TunnelAsync(f.Tls);
        await Should.ThrowAsync<Exception>(() => f.SecureAsync(tunnel, "127.0.0.1"));
        f.Proxy.Log.Refused.ShouldHaveSingleItem().Reason.ShouldBe("no server name");
    }

    [Fact]
    public async Task Tls_WithoutAName_PassesForAHostOfOneLabel()
    {
        await using var f = await EgressFixture.StartAsync((o, registry) => o with { Allowed = [HostRule.Parse($"packages:{registry.TlsPort}")] });
        await using var tunnel = await f.TunnelAsync($"packages:{f.Registry.TlsPort}");
        // The certificate is the client's to judge; here it is for another name, and the client says so after the server's greeting has come.
        var tls = new System.Net.Security.SslStream(tunnel, leaveInnerStreamOpen: true, (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync(new System.Net.Security.SslClientAuthenticationOptions { TargetHost = "" });
        tls.IsAuthenticated.ShouldBeTrue();
        f.Proxy.Log.Refused.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ssh-2.0\r\n")]
    [InlineData("\u0000\u0001\u0002\u0003")]
    public async Task Tunnel_WithAnotherProtocol_IsRefused(string first)
    {
        await using var f = await EgressFixture.StartAsync();
        await using var tunnel = await f.TunnelAsync(f.Tls);
        await tunnel.WriteAsync(Encoding.Latin1.GetBytes(first));
        await EgressFixture.ReadAllAsync(tunnel);
        f.Proxy.Log.Refused.ShouldHaveSingleItem().Reason.ShouldBeOneOf("not TLS", "malformed TLS greeting");
        f.Registry.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Greeting_SentTogetherWithTheRequest_IsServed()
    {
        await using var f = await EgressFixture.StartAsync();
        await using var stream = await f.ConnectAsync();
        await using var tls = await f.SecureAsync(new Prefixed(stream, $"CONNECT {f.Tls} HTTP/1.1\r\n\r\n"));
        tls.IsAuthenticated.ShouldBeTrue();
    }

    [Fact]
    public async Task Greeting_ThatNeverComes_IsNotWaitedForLong()
    {
        await using var f = await EgressFixture.StartAsync((o, _) => o with { HeadTimeout = TimeSpan.FromMilliseconds(300) });
        await using var silent = await f.ConnectAsync();
        (await EgressFixture.ReadAllAsync(silent)).ShouldBeEmpty();
        await using var half = await f.ConnectAsync();
        await half.WriteAsync("CONNECT registry.test:4"u8.ToArray());
        (await EgressFixture.ReadAllAsync(half)).ShouldBeEmpty();
        await using var tunnel = await f.TunnelAsync(f.Tls);
        await tunnel.WriteAsync(new byte[] { 22, 3, 1, 2, 0 });
        await EgressFixture.ReadAllAsync(tunnel);
        f.Proxy.Log.Refused.ShouldHaveSingleItem().Reason.ShouldBe("no TLS greeting in time");
    }

    [Theory]
    [InlineData("10.0.0.1", "its address is special (private)")]
    [InlineData("169.254.169.254", "its address is special (link-local)")]
    [InlineData("::1", "its address is special (not globally routed)")]
    [InlineData("::ffff:192.168.0.1", "its address is special (private)")]
    [InlineData("64:ff9b::7f00:1", "its address is special (not globally routed)")]
    [InlineData("203.0.113.80", "its address is special (documentation)")]
    public async Task OpenHost_ThatLiesInASpecialRange_IsRefused_UnlessTheRangeIsConfigured(string address, string reason)
    {
        await using var f = await EgressFixture.StartAsync((o, _) => o with { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(address)]) });
        (await f.ExchangeAsync($"CONNECT {f.Tls} HTTP/1.1\r\n\r\n")).ShouldContain(reason);
        f.Proxy.Log.Refused.ShouldHaveSingleItem().Reason.ShouldBe(reason);
    }

    [Fact]
    public async Task Name_ThatChangesItsAddress_IsConnectedToTheOneThatWasChecked()
    {
        var asked = 0;
        await using var f = await EgressFixture.StartAsync((o, _) => o with { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(asked++ == 0 ? "127.0.0.1" : "10.0.0.1")]) });
        await using var tunnel = await f.TunnelAsync(f.Tls);
        asked.ShouldBe(1);
        // Of several addresses only those that may be had are.
        await using var g = await EgressFixture.StartAsync((o, _) => o with { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.1"), IPAddress.Loopback]) });
        await using var other = await g.TunnelAsync(g.Tls);
    }

    [Fact]
    public async Task Host_ThatIsNotThere_IsSaid()
    {
        await using var f = await EgressFixture.StartAsync((o, _) => o with { Resolve = (_, _) => throw new SocketException((int)SocketError.HostNotFound) });
        (await f.ExchangeAsync($"CONNECT {f.Tls} HTTP/1.1\r\n\r\n")).ShouldContain("no such name");
        await using var g = await EgressFixture.StartAsync((o, _) => o with { Allowed = [HostRule.Parse("registry.test:9")] });
        (await g.ExchangeAsync("CONNECT registry.test:9 HTTP/1.1\r\n\r\n")).ShouldStartWith("HTTP/1.1 502");
        await using var h = await EgressFixture.StartAsync((o, _) => o with { ConnectTimeout = TimeSpan.FromMilliseconds(200), Resolve = (_, _) => new TaskCompletionSource<IPAddress[]>().Task });
        (await h.ExchangeAsync($"CONNECT {h.Tls} HTTP/1.1\r\n\r\n")).ShouldContain("did not answer in time");
    }

    [Fact]
    public async Task PlainRequest_InAbsoluteForm_IsForwarded_PathAndAll()
    {
        await using var f = await EgressFixture.StartAsync();
        var answer = await f.ExchangeAsync($"GET http://{f.Plain}/@scope%2fname/../x?a=%20b HTTP/1.1\r\nHost: {f.Plain}\r\nProxy-Authorization: Basic eA==\r\nConnection: close\r\n\r\n");
        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldContain("hello from the registry");
        f.Registry.Seen.ShouldBe([$"GET /@scope%2fname/../x?a=%20b {f.Plain} "]);
        f.Proxy.Log.Allowed.ShouldHaveSingleItem().Host.ShouldBe("registry.test");
    }

    [Theory]
    [InlineData("GET http://other.test/ HTTP/1.1\r\nHost: other.test", "not on the list")]
    [InlineData("GET http://127.0.0.1:{0}/ HTTP/1.1\r\nHost: 127.0.0.1:{0}", "not a host name")]
    [InlineData("GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nHost: 169.254.169.254", "not a host name")]
    [InlineData("GET / HTTP/1.1\r\nHost: registry.test:{0}", "not a request to a proxy")]
    [InlineData("GET https://registry.test:{0}/ HTTP/1.1\r\nHost: registry.test:{0}", "not a request to a proxy")]
    [InlineData("TRACE http://registry.test:{0}/ HTTP/1.1\r\nHost: registry.test:{0}", "method not carried")]
    [InlineData("GET http://registry.test:{0}/ HTTP/1.1\r\nHost: registry.test:{0}\r\nConnection: Upgrade\r\nUpgrade: websocket", "upgrades are not carried")]
    public async Task PlainRequest_ToWhatIsNotOpen_IsRefused(string head, string reason)
    {
        await using var f = await EgressFixture.StartAsync();
        var answer = await f.ExchangeAsync(head.Replace("{0}", f.Registry.PlainPort.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal) + "\r\n\r\n");
        answer.ShouldStartWith("HTTP/1.1 403");
        answer.ShouldContain(reason);
        f.Proxy.Log.Refused.ShouldHaveSingleItem().Reason.ShouldBe(reason);
        f.Registry.Seen.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("GET http://{0}/ HTTP/1.1\r\nHost: evil.test")]
    [InlineData("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\nHost: evil.test")]
    [InlineData("GET ftp://{0}/ HTTP/1.1\r\nHost: {0}")]
    [InlineData("GET http://0x7f.1/ HTTP/1.1\r\nHost: 0x7f.1")]
    [InlineData("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\nContent-Length: 3\r\nContent-Length: 4")]
    [InlineData("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\nX : y")]
    public async Task PlainRequest_WithTwoReadings_NeverArrives(string head)
    {
        await using var f = await EgressFixture.StartAsync();
        (await f.ExchangeAsync(head.Replace("{0}", f.Plain, StringComparison.Ordinal) + "\r\n\r\n")).ShouldNotContain("hello");
        f.Registry.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task PlainRequest_InsideATunnel_IsJudgedLikeAnyOther()
    {
        // Some clients (undici, hpagent) ask for a tunnel for http:// as well.
        await using var f = await EgressFixture.StartAsync();
        using var client = f.Client();
        (await client.GetStringAsync($"http://{f.Plain}/")).ShouldBe("hello from the registry\n");
        await using var tunnel = await f.TunnelAsync(f.Plain);
        await tunnel.WriteAsync("GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n"u8.ToArray());
        (await EgressFixture.ReadAllAsync(tunnel)).ShouldContain("the Host header differs from the host");
    }

    [Fact]
    public async Task Redirect_IsTheClientsToFollow_PastTheSameRules()
    {
        await using var f = await EgressFixture.StartAsync();
        var answer = await f.ExchangeAsync($"GET http://{f.Plain}/away?to=http://169.254.169.254/ HTTP/1.1\r\nHost: {f.Plain}\r\nConnection: close\r\n\r\n");
        answer.ShouldStartWith("HTTP/1.1 302");
        answer.ShouldContain("Location: http://169.254.169.254/");
    }

    [Fact]
    public async Task LargeTransfers_GoThroughWhole_BothWays()
    {
        const int Bytes = 200_000_000;
        await using var f = await EgressFixture.StartAsync();
        using var client = f.Client();
        await using var body = await client.GetStreamAsync($"https://{f.Tls}/big?bytes={Bytes}");
        (await CountAsync(body)).ShouldBe(Bytes);
        var answer = await client.PostAsync($"https://{f.Tls}/count", new ByteArrayContent(new byte[50_000_000]));
        (await answer.Content.ReadAsStringAsync()).ShouldBe("50000000");
        f.Proxy.Log.Allowed.ShouldHaveSingleItem().BytesReceived.ShouldBeGreaterThan(Bytes);
    }

    [Fact]
    public async Task SlowReader_HoldsTheSenderBack()
    {
        await using var f = await EgressFixture.StartAsync();
        using var client = f.Client();
        await using var body = await client.GetStreamAsync($"https://{f.Tls}/big?bytes=400000000");
        await body.ReadExactlyAsync(new byte[1000]);
        // What is on the way fits into buffers; had the proxy read on, it would soon have the 400 MB.
        var before = -1L;
        while (f.Proxy.Log.Allowed[0].BytesReceived is var now && now != before)
        {
            before = now;
            await Task.Delay(200);
        }

        before.ShouldBeLessThan(100_000_000);
    }

    [Fact]
    public async Task ClientThatHasFinishedSending_StillGetsTheAnswer()
    {
        using var host = new TcpListener(IPAddress.Loopback, 0);
        host.Start();
        var port = ((IPEndPoint)host.LocalEndpoint).Port;
        var served = ServeAsync();
        await using var f = await EgressFixture.StartAsync((o, _) => o with { Allowed = [HostRule.Parse($"registry.test:{port}")] });
        await using var tunnel = await f.TunnelAsync($"registry.test:{port}");
        await tunnel.WriteAsync(await ClientHelloTests.RealAsync("registry.test"));
        tunnel.Socket.Shutdown(SocketShutdown.Send);
        (await CountAsync(tunnel)).ShouldBe(3_000_000);
        (await served).ShouldBeGreaterThan(100);

        async Task<long> ServeAsync()
        {
            await using var stream = new NetworkStream(await host.AcceptSocketAsync(), ownsSocket: true);
            var count = await CountAsync(stream);
            await stream.WriteAsync(new byte[3_000_000]);
            return count;
        }
    }

    [Fact]
    public async Task IdleTunnel_IsClosed()
    {
        await using var f = await EgressFixture.StartAsync((o, _) => o with { IdleTimeout = TimeSpan.FromMilliseconds(300) });
        await using var tunnel = await f.TunnelAsync(f.Tls);
        await using var tls = await f.SecureAsync(tunnel);
        (await tls.ReadAsync(new byte[1])).ShouldBe(0);
    }

    [Fact]
    public async Task ConnectionsBeyondTheLimit_AreClosed_AndOthersGoOn()
    {
        await using var f = await EgressFixture.StartAsync((o, _) => o with { MaxConnections = 2 });
        await using var one = await f.TunnelAsync(f.Tls);
        await using var two = await f.TunnelAsync(f.Tls);
        (await f.ExchangeAsync($"CONNECT {f.Tls} HTTP/1.1\r\n\r\n")).ShouldBeEmpty();
        await using var tls = await f.SecureAsync(one);
    }

    [Fact]
    public async Task UpstreamProxy_CarriesWhatIsOpen_AndNothingElse()
    {
        // The upstream is another of ours behind a TCP port; its own address is private, as such proxies' are.
        await using var upstream = await EgressFixture.StartAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var heads = new List<string>();
        var relay = RelayAsync();
        await using var f = await EgressFixture.StartAsync((o, _) => o with
        {
            UpstreamProxy = new Uri($"http://some:pass%40word@{listener.LocalEndpoint}"),
            Allowed = [.. new[] { upstream.Registry.TlsPort, 9 }.Select(p => HostRule.Parse($"registry.test:{p}"))],
            CertificateBundle = upstream.Registry.Bundle,
            Resolve = (name, _) => throw new InvalidOperationException($"'{name}' is looked up although the upstream proxy does that"),
        });
        using var client = f.Client();
        (await client.GetStringAsync($"https://{upstream.Tls}/")).ShouldBe("hello from the registry\n");
        (await f.ExchangeAsync("CONNECT other.test:443 HTTP/1.1\r\n\r\n")).ShouldContain("not on the list");
        (await f.ExchangeAsync("CONNECT registry.test:9 HTTP/1.1\r\n\r\n")).ShouldContain("the upstream proxy refuses it");
        heads.Count.ShouldBe(2);
        heads[0].ShouldContain("Proxy-Authorization: Basic " + Convert.ToBase64String("some:pass@word"u8));
        listener.Stop();
        await relay;

        async Task RelayAsync()
        {
            try
            {
                while (true) _ = CarryAsync(await listener.AcceptSocketAsync());
            }
            catch (SocketException)
            {
                // Stopped.
            }
        }

        async Task CarryAsync(Socket socket)
        {
            await using var accepted = new NetworkStream(socket, ownsSocket: true);
            await using var onward = await upstream.ConnectAsync();
            var head = await EgressFixture.HeadAsync(accepted);
            heads.Add(head);
            await onward.WriteAsync(Encoding.ASCII.GetBytes(head));
            await Task.WhenAny(accepted.CopyToAsync(onward), onward.CopyToAsync(accepted));
        }
    }

    [Fact]
    public async Task Refusals_AreBounded_HoweverManyHostsAreTried()
    {
        var log = new EgressLog();
        await using var f = await EgressFixture.StartAsync();
        await using var stream = await f.ConnectAsync();
        for (var i = 0; i < 300; i++) await f.ExchangeAsync($"CONNECT h{i}.{new string('x', 300)}.test:443 HTTP/1.1\r\n\r\n");
        f.Proxy.Log.Refused.Count.ShouldBe(200);
        f.Proxy.Log.MoreRefused.ShouldBe(100);
        f.Proxy.Log.Refused.ShouldAllBe(r => r.Host.Length < 110);
        log.Refused.ShouldBeEmpty();
    }

    [Fact]
    public async Task Dispose_EndsTunnels_AndRemovesTheSocket()
    {
        await using var f = await EgressFixture.StartAsync();
        await using var tunnel = await f.TunnelAsync(f.Tls);
        var folder = Path.GetDirectoryName(f.Proxy.Egress.SocketPath)!;
        (File.GetUnixFileMode(folder) & (UnixFileMode)0x3f).ShouldBe(UnixFileMode.None);
        await f.Proxy.DisposeAsync();
        Directory.Exists(folder).ShouldBeFalse();
        (await EgressFixture.ReadAllAsync(tunnel)).Length.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task RegistryWithAnotherAuthority_IsTheClientsToRefuse()
    {
        await using var f = await EgressFixture.StartAsync();
        await using var tunnel = await f.TunnelAsync(f.Tls);
        await using var tls = new SslStream(tunnel);
        await Should.ThrowAsync<AuthenticationException>(() => tls.AuthenticateAsClientAsync("registry.test"));
    }

    private static async Task<long> CountAsync(Stream stream)
    {
        var (total, buffer, read) = (0L, new byte[64 * 1024], 0);
        while ((read = await stream.ReadAsync(buffer)) > 0) total += read;
        return total;
    }

    /// <summary>Sends a head in one write with what comes first, and takes the answer's head off.</summary>
    private sealed class Prefixed(NetworkStream inner, string head) : Stream
    {
        private byte[]? _head = Encoding.ASCII.GetBytes(head);
        private bool _answered;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => 0; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_answered) (await EgressFixture.HeadAsync(inner)).ShouldStartWith("HTTP/1.1 200");
            _answered = true;
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(_head is null ? buffer : (byte[])[.. _head, .. buffer.Span], cancellationToken);
            _head = null;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
