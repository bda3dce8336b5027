using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Egress.Settings;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Tests.Egress;
using CodingAgent.Mcp.ThirdParty;
using CodingAgent.Mcp.Toolchains;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Mcp.Tests.ThirdParty;

/// <summary>Servers from an index of wheels and from a NuGet feed: both real over TLS, with packages made here; pip, dotnet and the sandbox are the real ones.</summary>
public sealed class PackageSourcesTests : IAsyncLifetime
{
    private const string PythonServer =
        """
        import json, sys, words
        def run():
            def say(i, r): print(json.dumps({'jsonrpc': '2.0', 'id': i, 'result': r}), flush=True)
            for line in sys.stdin:
                m = json.loads(line)
                if m['method'] == 'initialize': say(m['id'], {'protocolVersion': m['params']['protocolVersion'], 'capabilities': {'tools': {}}, 'serverInfo': {'name': 't', 'version': '1'}})
                elif m['method'] == 'tools/list': say(m['id'], {'tools': [{'name': 'say', 'description': 'Says.', 'inputSchema': {'type': 'object', 'properties': {'word': {'type': 'string'}}}}]})
                elif m['method'] == 'tools/call': say(m['id'], {'content': [{'type': 'text', 'text': words.said(m['params']['arguments']['word'])}]})
                elif 'id' in m: print(json.dumps({'jsonrpc': '2.0', 'id': m['id'], 'error': {'code': -32601, 'message': 'no'}}), flush=True)
        """;

    private const string DotNetServer =
        """"
        using System.Text.Json.Nodes;
        void Say(JsonNode id, string result) => Console.WriteLine($$$"""{"jsonrpc":"2.0","id":{{{id.ToJsonString()}}},"result":{{{result}}}}""");
        while (Console.ReadLine() is { } line)
        {
            var m = JsonNode.Parse(line)!;
            if (m["id"] is not { } id) continue;
            var word = m["params"]?["arguments"]?["word"]?.GetValue<string>();
            switch (m["method"]!.GetValue<string>())
            {
                case "initialize": Say(id, $$$"""{"protocolVersion":{{{m["params"]!["protocolVersion"]!.ToJsonString()}}},"capabilities":{"tools":{}},"serverInfo":{"name":"t","version":"1"}}"""); break;
                case "tools/list": Say(id, """{"tools":[{"name":"say","description":"Says.","inputSchema":{"type":"object","properties":{"word":{"type":"string"}}}}]}"""); break;
                case "tools/call": Say(id, $$$"""{"content":[{"type":"text","text":"said {{{word}}}"}]}"""); break;
                default: Console.WriteLine($$$"""{"jsonrpc":"2.0","id":{{{id.ToJsonString()}}},"error":{"code":-32601,"message":"no"}}"""); break;
            }
        }
        """";

    private readonly ScratchFolder _folder = new();
    private readonly BubblewrapSandbox _sandbox = new(new BubblewrapOptions { Toolchains = HostToolchains.Installed() }, TimeProvider.System);
    private readonly Dictionary<string, byte[]> _served = new(StringComparer.OrdinalIgnoreCase);
    private TestRegistry _registry = null!;

    public async Task InitializeAsync()
    {
        _registry = await TestRegistry.StartAsync("mirror.test");
        _registry.Answer = async context =>
        {
            if (!_served.TryGetValue(context.Request.Path.Value!.TrimEnd('/'), out var bytes))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            context.Response.ContentType = bytes.AsSpan().StartsWith("<"u8) ? "text/html" : bytes.AsSpan().StartsWith("{"u8) ? "application/json" : "application/octet-stream";
            await context.Response.Body.WriteAsync(bytes);
        };
    }

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        _folder.Dispose();
    }

    [ProgramFact("pip3")]
    public async Task Wheels_AreInstalledByTheirDigests_AndAgainTheSame()
    {
        var words = Put("words", "1.2", [], new() { ["words.py"] = "def said(word): return 'said ' + word\n" });
        var main = Put("Small.Server", "1.0", ["words>=1"], new() { ["small.py"] = PythonServer, ["entry_points.txt"] = "[console_scripts]\nsmall = small:run\n" });
        var server = Python(main);
        using var packages = Packages(PackageSource.PyPI, "simple/");
        var servers = Servers(server, packages);
        var approved = await servers.ApproveAsync(server, CancellationToken.None);
        approved.Package.ShouldBe("pypi:small-server==1.0");
        ThirdPartyServers.PackagesOf(server, approved).ShouldBe([("small-server", "1.0"), ("words", "1.2")]);
        approved.Dependencies.ToJsonString().ShouldContain(words);

        // A newer release changes nothing any more; without a network it runs.
        Put("words", "9.0", [], new() { ["words.py"] = "def said(word): return 'stolen'\n" });
        await using var connected = await servers.ConnectAsync(mayAsk: true, CancellationToken.None);
        connected.Refused.ShouldBeEmpty();
        ((string)(await connected.Tools.Single().InvokeAsync(new AIFunctionArguments { ["word"] = "hello" }))!).ShouldBe("said hello");
    }

    [ProgramFact("pip3")]
    public async Task Wheel_WithAnotherContentThanWasApproved_IsNotInstalled()
    {
        Put("words", "1.2", [], new() { ["words.py"] = "def said(word): return word\n" });
        var main = Put("small-server", "1.0", ["words"], new() { ["small.py"] = PythonServer, ["entry_points.txt"] = "[console_scripts]\nsmall = small:run\n" });
        var server = Python(main);
        using var packages = Packages(PackageSource.PyPI, "simple/");
        await Servers(server, packages).ApproveAsync(server, CancellationToken.None);
        var other = server with { Digest = "sha256:" + new string('0', 64) };
        (await Should.ThrowAsync<ThirdPartyException>(() => Servers(other, packages).ApproveAsync(other, CancellationToken.None))).Message.ShouldContain($"has the digest {main}");

        Put("words", "1.2", [], new() { ["words.py"] = "def said(word): return 'stolen'\n" });
        (await Servers(server, packages).ProblemAsync(server, CancellationToken.None)).ShouldNotBeNull().ShouldContain("cannot be installed");
    }

    // Plain folders behind a web server are indexes too; pip then says what it downloaded.
    [ProgramFact("pip3")]
    public async Task Index_WithoutDigests_IsTakenByWhatWasDownloaded()
    {
        var digest = Put("small-server", "1.0", [], new() { ["words.py"] = "def said(word): return word\n", ["small.py"] = PythonServer, ["entry_points.txt"] = "[console_scripts]\nsmall = small:run\n" });
        _served["/simple/small-server"] = Encoding.UTF8.GetBytes("<a href=\"/files/small_server-1.0-py3-none-any.whl\">small_server-1.0-py3-none-any.whl</a>");
        using var packages = Packages(PackageSource.PyPI, "simple/");
        (await Servers(Python(digest), packages).ApproveAsync(Python(digest), CancellationToken.None)).Digest.ShouldBe(digest);
    }

    // https://peps.python.org/pep-0517: a build's own program runs to say what the archive is called.
    [ProgramFact("pip3")]
    public async Task Wheel_ThatAsksForSourcesByTheirAddress_RunsNothingOfThem()
    {
        var at = $"https://mirror.test:{_registry.TlsPort}";
        _served["/files/evil-1.0.zip"] = Zip(new()
        {
            ["evil-1.0/pyproject.toml"] = "[build-system]\nrequires = []\nbuild-backend = \"b\"\nbackend-path = [\".\"]\n",
            ["evil-1.0/b.py"] = $"import urllib.request\nurllib.request.urlopen('{at}/ran')\n",
            ["evil-1.0/PKG-INFO"] = "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n",
        });
        var server = Python(Put("small-server", "1.0", [$"evil @ {at}/files/evil-1.0.zip"], new() { ["small.py"] = PythonServer }));
        using var packages = Packages(PackageSource.PyPI, "simple/");
        (await Should.ThrowAsync<ThirdPartyException>(() => Servers(server, packages).ApproveAsync(server, CancellationToken.None))).Message.ShouldContain("cannot be installed");
        _registry.Seen.ShouldContain(s => s.Contains("/files/evil-1.0.zip"), "it was fetched");
        _registry.Seen.ShouldNotContain(s => s.Contains("/ran"));
    }

    [ProgramFact("pip3")]
    public async Task Package_WithSourcesAlone_IsRefusedInWords()
    {
        _served["/simple/small-server"] = Encoding.UTF8.GetBytes("<a href=\"/files/small-server-1.0.tar.gz\">small-server-1.0.tar.gz</a>");
        var server = Python("sha256:" + new string('0', 64));
        using var packages = Packages(PackageSource.PyPI, "simple/");
        (await Should.ThrowAsync<ThirdPartyException>(() => Servers(server, packages).ApproveAsync(server, CancellationToken.None))).Message.ShouldContain("No matching distribution");
    }

    [Fact]
    public async Task Tool_OfNuGet_IsInstalledByItsDigest_AndAgainTheSame()
    {
        var digest = await PackAsync();
        var server = new ThirdPartyServer("tiny", ServerPackage.Parse("nuget:Tiny.Mcp@1.0.0"), digest, ["tiny-mcp"], ["say"]);
        using var packages = Packages(PackageSource.NuGet, "v3/index.json");
        var servers = Servers(server, packages);
        var approved = await servers.ApproveAsync(server, CancellationToken.None);
        ThirdPartyServers.PackagesOf(server, approved).ShouldBe([("tiny.mcp", "1.0.0")]);
        await using var connected = await servers.ConnectAsync(mayAsk: true, CancellationToken.None);
        connected.Refused.ShouldBeEmpty();
        ((string)(await connected.Tools.Single().InvokeAsync(new AIFunctionArguments { ["word"] = "hello" }))!).ShouldBe("said hello");

        var other = server with { Digest = "sha512-" + new string('A', 86) + "==" };
        (await Should.ThrowAsync<ThirdPartyException>(() => Servers(other, packages).ApproveAsync(other, CancellationToken.None))).Message.ShouldContain($"has the digest {digest}");
    }

    [Fact]
    public async Task Mirror_Named_IsTheOnlyHostInReach()
    {
        var server = Python("sha256:" + new string('0', 64));
        using var packages = Packages(PackageSource.NuGet, "v3/index.json");
        // The sources of this host stay what they are where no mirror is named.
        var settings = RegistrySettings.Of(HostPackageSettings.Read(_folder["no-home"], _ => null, _folder["no-etc"]), new Dictionary<PackageSource, Uri> { [PackageSource.NuGet] = new("https://mirror.test/v3/index.json") });
        settings.HostsOf("dotnet").ShouldBe(["mirror.test"]);
        settings.HostsOf("python").ShouldBe(RegistryHosts.ByEcosystem["python"]);
        (await Should.ThrowAsync<ThirdPartyException>(() => Servers(server, packages).ApproveAsync(server, CancellationToken.None))).Message.ShouldContain("cannot be installed");
        _registry.Seen.ShouldBeEmpty();
    }

    private ThirdPartyServer Python(string digest) => new("small", ServerPackage.Parse("pypi:Small_Server==1.0"), digest, ["small"], ["say"]);

    private ServerPackages Packages(PackageSource source, string path) => new(
        _folder["servers"], _sandbox,
        new EgressOptions { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), AllowedRanges = [IPNetwork.Parse("127.0.0.0/8")], CertificateBundle = _registry.Bundle },
        RegistrySettings.Of(HostPackageSettings.Read(_folder["no-home"], _ => null, _folder["no-etc"]), new Dictionary<PackageSource, Uri> { [source] = new($"https://mirror.test:{_registry.TlsPort}/{path}") }),
        TimeProvider.System);

    private ThirdPartyServers Servers(ThirdPartyServer server, ServerPackages packages) => new([server], _folder["lock.json"], packages, new ProvenanceReader(new EgressOptions(), RegistrySettings.Of(HostPackageSettings.Read(_folder["no-home"], _ => null, _folder["no-etc"]), new Dictionary<PackageSource, Uri>()), null, TimeProvider.System), _sandbox, TimeProvider.System, NullLogger<ThirdPartyServers>.Instance);

    /// <summary>Puts a wheel on the index (https://packaging.python.org/en/latest/specifications/binary-distribution-format); gives its digest.</summary>
    private string Put(string name, string version, string[] requires, Dictionary<string, string> files)
    {
        var stem = $"{ServerPackage.NormalisedPyPI(name).Replace('-', '_')}-{version}";
        var all = files.ToDictionary(f => f.Key == "entry_points.txt" ? $"{stem}.dist-info/{f.Key}" : f.Key, f => f.Value);
        all[$"{stem}.dist-info/METADATA"] = $"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{string.Concat(requires.Select(r => $"Requires-Dist: {r}\n"))}";
        all[$"{stem}.dist-info/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
        all[$"{stem}.dist-info/RECORD"] = string.Concat(all.Select(f => $"{f.Key},sha256={Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(f.Value))).TrimEnd('=').Replace('+', '-').Replace('/', '_')},{Encoding.UTF8.GetByteCount(f.Value).ToString(CultureInfo.InvariantCulture)}\n")) + $"{stem}.dist-info/RECORD,,\n";
        var (file, page) = ($"{stem}-py3-none-any.whl", $"/simple/{ServerPackage.NormalisedPyPI(name)}");
        var bytes = Zip(all);
        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        _served[$"/files/{file}"] = bytes;
        _served[page] = Encoding.UTF8.GetBytes($"<a href=\"/files/{file}#sha256={digest}\">{file}</a>{(_served.TryGetValue(page, out var before) ? Encoding.UTF8.GetString(before) : "")}");
        return $"sha256:{digest}";
    }

    private static byte[] Zip(Dictionary<string, string> files)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (path, text) in files)
            {
                var entry = zip.CreateEntry(path);
                entry.LastWriteTime = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var stream = entry.Open();
                stream.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Packs a .NET tool and puts it on the feed (https://learn.microsoft.com/nuget/api/overview); gives its digest.</summary>
    private async Task<string> PackAsync()
    {
        var project = Directory.CreateDirectory(_folder["tool"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(project, "nuget.config"), "<configuration><packageSources><clear/></packageSources></configuration>");
        await File.WriteAllTextAsync(Path.Combine(project, "Directory.Build.props"), "<Project />");
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), DotNetServer);
        await File.WriteAllTextAsync(Path.Combine(project, "tiny.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable><PackAsTool>true</PackAsTool><ToolCommandName>tiny-mcp</ToolCommandName><PackageId>Tiny.Mcp</PackageId><Version>1.0.0</Version><UseAppHost>false</UseAppHost></PropertyGroup></Project>");
        using var pack = Process.Start(new ProcessStartInfo("dotnet", ["pack", "-o", "out", "-v", "q", "-nologo", "-p:UseSharedCompilation=false"]) { WorkingDirectory = project, RedirectStandardOutput = true, UseShellExecute = false })!;
        var said = await pack.StandardOutput.ReadToEndAsync();
        await pack.WaitForExitAsync();
        pack.ExitCode.ShouldBe(0, said);
        var nupkg = await File.ReadAllBytesAsync(Path.Combine(project, "out", "Tiny.Mcp.1.0.0.nupkg"));
        var at = $"https://mirror.test:{_registry.TlsPort}/v3";
        var entry = $$"""{"id":"Tiny.Mcp","version":"1.0.0","listed":true,"packageContent":"{{at}}/flat/tiny.mcp/1.0.0/tiny.mcp.1.0.0.nupkg"}""";
        foreach (var (path, text) in new Dictionary<string, string>
        {
            ["index.json"] = $$"""{"version":"3.0.0","resources":[{"@id":"{{at}}/flat/","@type":"PackageBaseAddress/3.0.0"},{"@id":"{{at}}/reg/","@type":"RegistrationsBaseUrl/3.6.0"}]}""",
            ["flat/tiny.mcp/index.json"] = """{"versions":["1.0.0"]}""",
            ["reg/tiny.mcp/index.json"] = $$"""{"count":1,"items":[{"@id":"{{at}}/reg/tiny.mcp/index.json#p","count":1,"lower":"1.0.0","upper":"1.0.0","items":[{"catalogEntry":{{entry}},"packageContent":"{{at}}/flat/tiny.mcp/1.0.0/tiny.mcp.1.0.0.nupkg"}]}]}""",
        })
            _served[$"/v3/{path}"] = Encoding.UTF8.GetBytes(text);
        _served["/v3/flat/tiny.mcp/1.0.0/tiny.mcp.1.0.0.nupkg"] = nupkg;
        return "sha512-" + Convert.ToBase64String(SHA512.HashData(nupkg));
    }
}
