using System.Net;
using System.Net.Sockets;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Tests.Sandboxes;
using CodingAgent.Mcp.Toolchains;

namespace CodingAgent.Mcp.Tests.Egress;

/// <summary>Real programs in a real sandbox, whose only way out is the proxy.</summary>
public sealed class EgressSandboxTests : IDisposable
{
    private readonly SandboxFixture _f = new(new BubblewrapOptions { Toolchains = HostToolchains.Installed() });

    public void Dispose() => _f.Dispose();

    [ProgramFact("curl")]
    public Task Curl_ReachesAnOpenHost() => ReachesAsync("curl -sS https://{0}/ && curl -sS http://{1}/");

    [ProgramFact("wget")]
    public Task Wget_ReachesAnOpenHost() => ReachesAsync("wget -qO- https://{0}/ && wget -qO- http://{1}/");

    [ProgramFact("python3")]
    public Task Python_ReachesAnOpenHost() => ReachesAsync(
        "/usr/bin/python3 -c 'import urllib.request as r; print(r.urlopen(\"https://{0}/\").read().decode() + r.urlopen(\"http://{1}/\").read().decode(), end=\"\")'");

    [ProgramFact("node")]
    public Task Node_ReachesAnOpenHost() => ReachesAsync(
        // What http.request with a proxy's address does; fetch looks at the variables from Node 22.21 on.
        """
        cat > get.mjs <<'END'
        import http from 'node:http'; import tls from 'node:tls'; import fs from 'node:fs';
        const proxy = new URL(process.env.https_proxy);
        http.request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: '{0}' }).on('connect', (r, socket) => {
          const t = tls.connect({ socket, servername: 'registry.test' }, () => t.write('GET / HTTP/1.0\r\n\r\n'));
          let all = ''; t.on('data', d => all += d).on('end', () => process.stdout.write(all.split('\r\n\r\n')[1]));
        }).end();
        END
        node get.mjs && curl -sS http://{1}/
        """);

    [Fact]
    public async Task DotNet_ReachesAnOpenHost()
    {
        await using var proxy = await EgressFixture.StartAsync();
        // MSBuild's own download task: HttpClient with what the variables say.
        File.WriteAllText(Path.Combine(_f.Workspace, "get.proj"), $"<Project><Target Name=\"Get\"><DownloadFile SourceUrl=\"https://{proxy.Tls}/\" DestinationFolder=\"/workspace\" DestinationFileName=\"got\" Retries=\"0\" /></Target></Project>");
        var result = await RunAsync(proxy, "dotnet msbuild -nologo -t:Get get.proj");
        result.Succeeded.ShouldBeTrue(result.StandardOutput + result.StandardError + string.Join('\n', proxy.Proxy.Log.Refused));
        File.ReadAllText(Path.Combine(_f.Workspace, "got")).ShouldBe("hello from the registry\n");
    }

    [ProgramFact("java")]
    public async Task Java_TrustsTheBundle_AndGoesThroughTheProxy()
    {
        await using var proxy = await EgressFixture.StartAsync();
        File.WriteAllText(Path.Combine(_f.Workspace, "Get.java"), "class Get { public static void main(String[] a) throws Exception { System.out.print(new String(new java.net.URL(a[0]).openStream().readAllBytes())); } }");
        // Debian's Java has its settings in /etc.
        var settings = Directory.EnumerateDirectories("/etc", "java-*").Select(d => new SandboxBind(d, d));
        var result = await _f.Sandbox.RunAsync(Live($"java Get.java https://{proxy.Tls}/", proxy.Proxy) with { Binds = [.. settings] }, CancellationToken.None);
        result.StandardOutput.ShouldBe("hello from the registry\n", result.StandardError + string.Join('\n', proxy.Proxy.Log.Refused));
    }

    [Fact]
    public async Task Nothing_ElseCanBeReached()
    {
        using var host = new TcpListener(IPAddress.Any, 0);
        host.Start();
        var accepted = host.AcceptTcpClientAsync();
        var port = ((IPEndPoint)host.LocalEndpoint).Port;
        await using var proxy = await EgressFixture.StartAsync();
        foreach (var line in new[]
        {
            $"exec 3<>/dev/tcp/127.0.0.1/{port}", $"exec 3<>/dev/tcp/127.0.0.1/{proxy.Registry.TlsPort}", "exec 3<>/dev/tcp/1.1.1.1/443", "exec 3<>/dev/tcp/169.254.169.254/80",
            "exec 3<>/dev/tcp/registry.test/443", "exec 3<>/dev/udp/1.1.1.1/53 && echo x >&3", "getent hosts registry.test",
            "curl -sS --noproxy '*' https://registry.test/", "curl -fsS http://169.254.169.254/latest/meta-data/", "curl -fsS https://other.test/",
            $"curl -fsS https://127.0.0.1:{port}/ --noproxy ''", $"curl -fsSk --connect-to ::other.test: https://{proxy.Tls}/",
        })
            (await RunAsync(proxy, line)).Succeeded.ShouldBeFalse(line);
        accepted.IsCompleted.ShouldBeFalse();
        (await RunAsync(proxy, "cut -d: -f1 -s /proc/net/dev | tr -d ' '")).StandardOutput.ShouldBe("lo\n");
        proxy.Proxy.Log.Refused.Select(r => r.Host).Distinct().ShouldBe(["169.254.169.254", "other.test", "127.0.0.1"], ignoreOrder: true);
    }

    [Fact]
    public async Task HostsUnixSockets_AndTheForwarder_AreOutOfReach()
    {
        await using var proxy = await EgressFixture.StartAsync();
        var result = await RunAsync(proxy, $"ls {proxy.Proxy.Egress.SocketPath}; ls /run /var/run; cat /proc/net/unix | grep -c egress; cat /proc/[0-9]*/comm | grep -c socat; grep Cap /proc/self/status | grep -v 0000000000000000");
        result.StandardOutput.ShouldBe("0\n0\n");
    }

    [Fact]
    public async Task Certificates_AreTheBundlesOnly_UnderEveryName()
    {
        await using var proxy = await EgressFixture.StartAsync();
        var paths = string.Join(' ', EgressVariables.BundlePaths);
        var result = await RunAsync(proxy, $"cat {paths} | grep -c BEGIN; for v in SSL_CERT_FILE NODE_EXTRA_CA_CERTS PIP_CERT GIT_SSL_CAINFO; do test -s \"${{!v}}\" || echo $v; done; ls -l {EgressVariables.JavaTrustStore} | wc -l");
        result.StandardOutput.ShouldBe($"{EgressVariables.BundlePaths.Count}\n1\n");
    }

    [Fact]
    public async Task WithoutEgress_ThereIsNoProxyAndNoVariable() =>
        (await _f.ShellAsync("env | grep -ci proxy; exec 3<>/dev/tcp/127.0.0.1/3128", bash: true)).StandardOutput.ShouldBe("0\n");

    [Fact]
    public async Task ManyConnectionsAtOnce_AllGetTheirAnswer()
    {
        await using var proxy = await EgressFixture.StartAsync();
        var result = await RunAsync(proxy, $"for i in $(seq 40); do curl -sS https://{proxy.Tls}/ & done; wait");
        result.StandardOutput.Split('\n').Count(l => l == "hello from the registry").ShouldBe(40, result.StandardError);
    }

    [Fact]
    public async Task BigDownload_GoesThroughTheForwarderWhole()
    {
        await using var proxy = await EgressFixture.StartAsync();
        (await RunAsync(proxy, $"curl -sS 'https://{proxy.Tls}/big?bytes=50000000' | wc -c")).StandardOutput.ShouldBe("50000000\n");
    }

    [Fact]
    public async Task NothingIsLeft_WhenTheCommandIsKilled()
    {
        await using var proxy = await EgressFixture.StartAsync();
        var limits = SandboxFixture.Limits with { Timeout = TimeSpan.FromSeconds(2) };
        var command = SandboxCommand.Shell($"curl -sS https://{proxy.Tls}/; sleep 300", _f.Workspace, limits) with { Egress = proxy.Proxy.Egress };
        (await _f.Sandbox.RunAsync(command, CancellationToken.None)).Outcome.ShouldBe(SandboxOutcome.TimedOut);
        // A pid namespace ends with its first process; a moment later nobody holds the socket's name any more.
        for (var left = 100; left > 0 && Forwarders(proxy.Proxy.Egress.SocketPath) > 0; left--) await Task.Delay(50);
        Forwarders(proxy.Proxy.Egress.SocketPath).ShouldBe(0);
    }

    [Fact]
    public async Task SocketWhosePathTheForwarderWouldMisread_IsRefused()
    {
        var command = SandboxCommand.Shell("true", _f.Workspace, SandboxFixture.Limits) with { Egress = new SandboxEgress("/tmp/a,fork:b", null) };
        await Should.ThrowAsync<ArgumentException>(() => _f.Sandbox.RunAsync(command, CancellationToken.None));
    }

    [LiveFact("api.nuget.org")]
    public async Task NuGet_RestoresARealPackage()
    {
        await using var proxy = await LiveAsync("dotnet");
        File.WriteAllText(Path.Combine(_f.Workspace, "x.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup><PackageReference Include=\"Humanizer.Core\" Version=\"3.0.10\" /></ItemGroup></Project>");
        var command = Live("dotnet restore -v q && ls ~/.nuget/packages/humanizer.core", proxy) with
        {
            // What the offline toolchain sets for agent turns.
            Environment = new Dictionary<string, string> { ["RestoreSources"] = "https://api.nuget.org/v3/index.json", ["NUGET_FALLBACK_PACKAGES"] = "" },
        };
        var result = await _f.Sandbox.RunAsync(command, CancellationToken.None);
        result.StandardOutput.ShouldEndWith("3.0.10\n", customMessage: result + string.Join('\n', proxy.Log.Refused));
        proxy.Log.Allowed.ShouldContain(a => a.Host == "api.nuget.org" && a.BytesReceived > 10_000);
    }

    [LiveFact("registry.npmjs.org", "npm")]
    public async Task Npm_InstallsARealPackage()
    {
        await using var proxy = await LiveAsync("node");
        File.WriteAllText(Path.Combine(_f.Workspace, "package.json"), "{\"name\":\"x\",\"version\":\"1.0.0\",\"dependencies\":{\"is-odd\":\"3.0.1\"}}");
        SandboxFixture.Own(_f.Workspace);
        var result = await _f.Sandbox.RunAsync(Live("npm install --no-audit --no-fund >&2; node -p 'require(\"is-odd\")(3)'", proxy), CancellationToken.None);
        result.StandardOutput.ShouldBe("true\n", result.StandardError + string.Join('\n', proxy.Log.Refused));
    }

    [LiveFact("pypi.org", "pip3")]
    public async Task Pip_InstallsARealPackage()
    {
        await using var proxy = await LiveAsync("python");
        var result = await _f.Sandbox.RunAsync(Live("/usr/bin/python3 -m pip install -q --target /workspace/py --no-input iniconfig >&2; ls py | grep -c iniconfig", proxy), CancellationToken.None);
        int.Parse(result.StandardOutput, System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(0, result.StandardError + string.Join('\n', proxy.Log.Refused));
    }

    private async Task ReachesAsync(string line)
    {
        await using var proxy = await EgressFixture.StartAsync();
        var result = await RunAsync(proxy, line.Replace("{0}", proxy.Tls, StringComparison.Ordinal).Replace("{1}", proxy.Plain, StringComparison.Ordinal));
        (result.StandardOutput, result.StandardError).ShouldBe(("hello from the registry\nhello from the registry\n", ""), string.Join('\n', proxy.Proxy.Log.Refused));
    }

    private static Task<EgressProxy> LiveAsync(string ecosystem) =>
        // A test machine's registries may lie in any range; that they are named is what is tested here.
        EgressProxy.StartAsync(
            new EgressOptions { Allowed = [.. RegistryHosts.ByEcosystem[ecosystem].Select(HostRule.Parse)], AllowedRanges = [IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")] }, TimeProvider.System, CancellationToken.None);

    private SandboxCommand Live(string line, EgressProxy proxy) =>
        SandboxCommand.Shell(line, _f.Workspace, SandboxFixture.Limits with { Timeout = TimeSpan.FromMinutes(4), MemoryBytes = 2L << 30 }) with { Egress = proxy.Egress };

    private Task<SandboxResult> RunAsync(EgressFixture proxy, string line) =>
        _f.Sandbox.RunAsync(
            SandboxCommand.Shell(line, _f.Workspace, SandboxFixture.Limits with { Timeout = TimeSpan.FromMinutes(2), MemoryBytes = 2L << 30 }) with { Egress = proxy.Proxy.Egress },
            CancellationToken.None);

    private static int Forwarders(string socket) => Directory.EnumerateDirectories("/proc").Count(p => int.TryParse(Path.GetFileName(p), out _) && CommandLine(p).Contains(socket, StringComparison.Ordinal));

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
