using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Egress.Settings;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Mcp.Tests.Egress;

/// <summary>Settings as they lie on hosts, with everything in them that must not come along.</summary>
public sealed class HostPackageSettingsTests : IDisposable
{
    private const string Secret = "s3cr3t" + "-t0k3n";

    private readonly ScratchFolder _home = new();
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    public void Dispose() => _home.Dispose();

    [Fact]
    public void NothingThere_NothingIsMade()
    {
        var settings = Read();
        (settings.Files.Count, settings.Environment.Count, settings.Hosts.Count, settings.Notes.Count).ShouldBe((0, 0, 0, 0));
    }

    [Fact]
    public void Npm_RegistriesComeAlong_AndNothingElse()
    {
        _home.Write(".npmrc", $$"""
            ; comment
            registry = "https://user:{{Secret}}@npm.corp.test/repo/npm/?token={{Secret}}"
            @corp:registry=https://npm.corp.test:8443/corp/
            //npm.corp.test/:_authToken={{Secret}}
            _auth={{Secret}}
            //npm.corp.test/:_password = {{Secret}}
            script-shell=/workspace/evil
            cafile=/etc/ssl/private.pem
            @evil:registry=https://10.0.0.1/
            @x:registry=${NPM_{{Secret}}}
            """);
        var settings = Read();
        settings.Files[".npmrc"].ShouldBe("registry=https://npm.corp.test/repo/npm/\n@corp:registry=https://npm.corp.test:8443/corp/\n");
        settings.Environment.ShouldBe(new Dictionary<string, string> { ["YARN_NPM_REGISTRY_SERVER"] = "https://npm.corp.test/repo/npm" });
        settings.Hosts.ShouldBe(["npm.corp.test", "npm.corp.test:8443"]);
        settings.Notes.Count.ShouldBe(3);
        HoldsNoSecret(settings);
    }

    [Fact]
    public void Npm_VariableGoesBeforeTheFile()
    {
        _home.Write(".npmrc", "registry=https://file.test/\n");
        _variables["npm_config_registry"] = "https://variable.test/";
        Read().Files[".npmrc"].ShouldBe("registry=https://variable.test/\n");
    }

    [Fact]
    public void Pip_IndexesComeAlong_AlsoWhenContinuedOverLines()
    {
        _home.Write(".config/pip/pip.conf", $"\ufeff[global]\r\nindex_url = https://__token__:{Secret}@pypi.corp.test/simple\r\nextra-index-url =\r\n    https://one.test/simple\r\n    https://two.test:8080/simple/#{Secret}\r\ntrusted-host = evil.test\r\n[search]\r\nindex-url = https://search.test/\r\n");
        var settings = Read();
        settings.Environment.ShouldBe(new Dictionary<string, string>
        {
            ["PIP_INDEX_URL"] = "https://pypi.corp.test/simple",
            ["UV_DEFAULT_INDEX"] = "https://pypi.corp.test/simple",
            ["PIP_EXTRA_INDEX_URL"] = "https://one.test/simple https://two.test:8080/simple/",
            ["UV_INDEX"] = "https://one.test/simple https://two.test:8080/simple/",
        }, ignoreOrder: true);
        settings.Hosts.ShouldBe(["one.test", "pypi.corp.test", "two.test:8080"]);
        HoldsNoSecret(settings);
    }

    [Fact]
    public void NuGet_EnabledSourcesAndTheirMapping_ComeAlongWithoutCredentials()
    {
        _home.Write(".nuget/NuGet/NuGet.Config", $"""
            <?xml version="1.0" encoding="utf-8"?>
            <configuration>
              <packageSources>
                <add key="nuget.org" value="https://api.nuget.org/v3/index.json" protocolVersion="3" />
                <add key="corp &amp; co" value="https://nuget.corp.test/v3/index.json" />
                <add key="off" value="https://off.test/v3/index.json" />
                <add key="local" value="/srv/packages" />
              </packageSources>
              <disabledPackageSources><add key="off" value="true" /></disabledPackageSources>
              <packageSourceCredentials><corp><add key="Username" value="u" /><add key="ClearTextPassword" value="{Secret}" /></corp></packageSourceCredentials>
              <apikeys><add key="https://nuget.corp.test" value="{Secret}" /></apikeys>
              <packageSourceMapping><packageSource key="corp &amp; co"><package pattern="Corp.*" /></packageSource><packageSource key="off"><package pattern="*" /></packageSource></packageSourceMapping>
              <config><add key="http_proxy" value="http://u:{Secret}@proxy.test" /></config>
            </configuration>
            """);
        var settings = Read();
        var text = settings.Files[".nuget/NuGet/NuGet.Config"].ReplaceLineEndings("").Replace("  ", "", StringComparison.Ordinal);
        text.ShouldBe("""<configuration><packageSources><clear /><add key="nuget.org" value="https://api.nuget.org/v3/index.json" protocolVersion="3" /><add key="corp &amp; co" value="https://nuget.corp.test/v3/index.json" /></packageSources><packageSourceMapping><packageSource key="corp &amp; co"><package pattern="Corp.*" /></packageSource></packageSourceMapping></configuration>""");
        settings.Hosts.ShouldBe(["api.nuget.org", "nuget.corp.test"]);
        HoldsNoSecret(settings);
    }

    [Fact]
    public void Cargo_SourceReplacementComesAlong_WithoutTokens_AndWithoutWhatWouldDangle()
    {
        _home.Write(".cargo/config.toml", $"""
            [source.crates-io]
            replace-with = "mirror"
            [source.mirror]
            registry = "sparse+https://u:{Secret}@crates.corp.test/index/"
            [source.other]
            replace-with = "vendored"
            [source.vendored]
            directory = "/srv/vendor"
            [registries.corp]
            index = "https://git.corp.test/index"
            token = "{Secret}"
            [build]
            rustc-wrapper = "/workspace/evil"
            """);
        var settings = Read();
        var text = settings.Files[".cargo/config.toml"];
        text.ShouldContain("sparse+https://crates.corp.test/index/");
        text.ShouldContain("replace-with = \"mirror\"");
        text.ShouldContain("https://git.corp.test/index");
        text.ShouldNotContain("vendored");
        text.ShouldNotContain("wrapper");
        settings.Hosts.ShouldBe(["crates.corp.test", "git.corp.test"]);
        HoldsNoSecret(settings);
    }

    [Fact]
    public void Maven_MirrorsAndRepositoriesComeAlong_WithoutServersAndProxies()
    {
        _home.Write(".m2/settings.xml", $"""
            <settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">
              <servers><server><id>corp</id><username>u</username><password>{Secret}</password></server></servers>
              <proxies><proxy><host>proxy.test</host><password>{Secret}</password></proxy></proxies>
              <mirrors><mirror><id>corp</id><mirrorOf>*,!local</mirrorOf><url>https://u:{Secret}@maven.corp.test/all</url></mirror></mirrors>
              <profiles><profile><id>p</id><properties><token>{Secret}</token></properties><repositories><repository><id>r</id><url>https://r.test/</url></repository></repositories></profile></profiles>
            </settings>
            """);
        var settings = Read();
        var text = settings.Files[".m2/settings.xml"];
        text.ShouldContain("<mirrorOf>*,!local</mirrorOf>");
        text.ShouldContain("<url>https://maven.corp.test/all</url>");
        text.ShouldContain("<activeProfile>host</activeProfile>");
        settings.Hosts.ShouldBe(["maven.corp.test", "r.test"]);
        HoldsNoSecret(settings);
    }

    [Fact]
    public void Go_ProxiesComeAlong_WithTheirSeparators()
    {
        _home.Write(".config/go/env", "GOPRIVATE=*.corp.test,github.com/corp/*\nGOFLAGS=-toolexec=/workspace/evil\n");
        _variables["GOPROXY"] = $"https://u:{Secret}@go.corp.test|https://proxy.golang.org,direct";
        var settings = Read();
        settings.Environment.ShouldBe(new Dictionary<string, string> { ["GOPROXY"] = "https://go.corp.test/|https://proxy.golang.org/,direct", ["GOPRIVATE"] = "*.corp.test,github.com/corp/*" }, ignoreOrder: true);
        HoldsNoSecret(settings);
    }

    [Theory]
    [InlineData(".nuget/NuGet/NuGet.Config", "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><configuration><packageSources><add key=\"a\" value=\"&a;\"/></packageSources></configuration>")]
    [InlineData(".nuget/NuGet/NuGet.Config", "<configuration><packageSources>")]
    [InlineData(".m2/settings.xml", "not xml")]
    [InlineData(".cargo/config.toml", "[source\n=")]
    public void WhatCannotBeRead_IsLeftOut_WithANote(string name, string text)
    {
        _home.Write(name, text);
        var settings = Read();
        settings.Files.ShouldBeEmpty();
        settings.Notes.ShouldHaveSingleItem().ShouldStartWith("~/" + name);
    }

    [Theory]
    [InlineData("http://127.0.0.1:4873/")]
    [InlineData("https://[::1]/")]
    [InlineData("file:///srv/npm")]
    [InlineData("https://host name/")]
    [InlineData("//half.test/")]
    [InlineData("https://evil.test\\@npm.test/")]
    [InlineData("")]
    public void RegistryTheProxyCouldNotOpen_IsLeftOut(string url)
    {
        _home.Write(".npmrc", $"registry={url}\n");
        Read().Hosts.ShouldAllBe(host => HostRule.Parse(host).ToString() == host && host == "evil.test");
    }

    [Theory]
    [InlineData("\"\"\\")]
    [InlineData("[a\\")]
    [InlineData("a = \"\\uD800\"")]
    [InlineData("a = 99999999999999999999")]
    [InlineData("a = 1979-99-99")]
    public void CargoFile_ThatIsNoToml_IsLeftOutWithoutAnException(string text)
    {
        _home.Write(".cargo/config.toml", text);
        Read().Notes.ShouldContain("~/.cargo/config.toml is no TOML and is left out.");
    }

    [Fact]
    public void AnyText_IsReadWithoutAnException_AndEveryHostIsARule() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string?>(), text =>
        {
            foreach (var name in new[] { ".npmrc", ".config/pip/pip.conf", ".nuget/NuGet/NuGet.Config", ".cargo/config.toml", ".m2/settings.xml", ".config/go/env" })
                _home.Write(name, (text ?? "").Replace("\0", "", StringComparison.Ordinal));
            foreach (var host in Read().Hosts) HostRule.Parse(host);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void RegistryHosts_AreAllRulesOfOneHost_AndCodeHostsOnlyWherePackagesLieNowhereElse()
    {
        var rules = RegistryHosts.ByEcosystem.ToDictionary(e => e.Key, e => e.Value.Select(HostRule.Parse).ToArray(), StringComparer.Ordinal);
        rules.Values.SelectMany(r => r).ShouldAllBe(r => !r.Below && r.Port == null);
        rules.Where(e => e.Value.Any(r => r.Name.Contains("github", StringComparison.Ordinal))).Select(e => e.Key).ShouldBe(["php", "cmake", "meson"]);
    }

    private HostPackageSettings Read() => HostPackageSettings.Read(_home.Path, name => _variables.GetValueOrDefault(name), _home["etc"]);

    private static void HoldsNoSecret(HostPackageSettings settings) =>
        string.Join('\n', settings.Files.Values.Concat(settings.Environment.Values).Concat(settings.Hosts).Concat(settings.Notes)).ShouldNotContain(Secret);
}
