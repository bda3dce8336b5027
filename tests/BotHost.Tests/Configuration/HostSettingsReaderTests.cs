using System.Security.Cryptography;
using CodingAgent.Agents.Models;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.Forges;
using CodingAgent.Mcp.Sandboxes;
using Microsoft.Extensions.Configuration;

namespace CodingAgent.BotHost.Tests.Configuration;

public sealed class HostSettingsReaderTests
{
    private static readonly Dictionary<string, string?> Complete = new(StringComparer.Ordinal)
    {
        ["Forge:GitHub:Token"] = "ghp_forge-token",
        ["Forge:GitHub:WebhookSecret"] = "webhook-secret",
        ["Api:Key"] = "rest-api-key",
        ["OPENAI_API_KEY"] = "sk-model-key",
        ["Models:Default"] = "gpt-x",
        ["Temporal:Address"] = "temporal.internal:7233",
        ["Temporal:ApiKey"] = "temporal-key",
    };

    [Fact]
    public void Read_OnlyWhatIsRequired_TakesTheDefaults()
    {
        var settings = Read([("Temporal:Address", null), ("Temporal:ApiKey", null)]);

        (settings.Role, settings.Urls, settings.TemporalAddress, settings.TemporalPort, settings.TemporalNamespace, settings.TemporalTls)
            .ShouldBe((HostRole.All, "http://127.0.0.1:8080", null, 0, "default", null));
        settings.DataDirectory.ShouldBe(Path.GetFullPath("data"));
        settings.GitHub!.Api.ApiUrl.ShouldBe(new Uri("https://api.github.com"));
        (settings.Flow.PlannerModel, settings.Flow.CoderModel, settings.Flow.CriticModel).ShouldBe(("gpt-x", "gpt-x", "gpt-x"));
        settings.AllowUnlimitedMemory.ShouldBeFalse();
        (settings.TemporalRetention, settings.TemporalMaxDatabaseBytes).ShouldBe((TimeSpan.FromDays(30), null));
    }

    [Fact]
    public void GitLab_InPlaceOfGitHub_IsServedAlone()
    {
        var settings = Read([
            ("Forge:GitHub:Token", null), ("Forge:GitHub:WebhookSecret", null),
            ("Forge:GitLab:Url", "https://git.example.org/gitlab"), ("Forge:GitLab:Token", "gitlab-token"), ("Forge:GitLab:WebhookSecret", "gitlab-secret"), ("Forge:GitLab:Repositories", "acme/*, other/one")]);
        settings.GitHub.ShouldBeNull();
        settings.GitLab!.Site.Url.ShouldBe(new Uri("https://git.example.org/gitlab"));
        (settings.Served.Usual, settings.Served.Serves(RepoRef.Parse("github:acme/lib"))).ShouldBe((ForgeKind.GitLab, false));
        // A group is served with its subgroups.
        new[] { "acme/lib", "acme/pay/lib", "Other/One" }.ShouldAllBe(name => settings.Served.Serves(RepoRef.Parse($"gitlab:{name}")));
        new[] { "acme2/lib", "other/two", "other/one/deep" }.ShouldAllBe(name => !settings.Served.Serves(RepoRef.Parse($"gitlab:{name}")));
        settings.Secrets.ShouldContain("gitlab-token");
        settings.Secrets.ShouldContain("gitlab-secret");
        $"{settings} {settings.GitLab}".ShouldNotContain("gitlab-token");
    }

    [Fact]
    public void SignIn_OfEachForge_IsTakenAndMasked_AtItsOwnAddresses()
    {
        var settings = Read([
            ("Forge:GitLab:Token", "gitlab-token"), ("Forge:GitLab:WebhookSecret", "gitlab-secret"), ("Forge:GitLab:Url", "https://git.example.org/gitlab/"), ("Web:PublicUrl", "https://agent.example.com"),
            ("Forge:GitHub:ApiUrl", "https://ghe.example.org/api/v3"), ("Forge:GitHub:OAuth:ClientId", "on-github"), ("Forge:GitHub:OAuth:ClientSecret", "hunter2-github"),
            ("Forge:GitLab:OAuth:ClientId", "on-gitlab"), ("Forge:GitLab:OAuth:ClientSecret", "hunter2-gitlab"),
        ]);
        settings.Web.PublicUrl!.AbsoluteUri.ShouldBe("https://agent.example.com/");
        SignInForge.Of(settings.GitHub, settings.GitLab).Select(f => $"{f.Application.ClientId} {f.Authorize} {f.Token} {f.User} {f.Scope}").ShouldBe([
            "on-github https://ghe.example.org/login/oauth/authorize https://ghe.example.org/login/oauth/access_token https://ghe.example.org/api/v3/user ",
            "on-gitlab https://git.example.org/gitlab/oauth/authorize https://git.example.org/gitlab/oauth/token https://git.example.org/gitlab/api/v4/user read_user",
        ]);
        settings.Secrets.ShouldContain("hunter2-github");
        settings.Secrets.ShouldContain("hunter2-gitlab");
        $"{settings} {settings.GitHub} {settings.GitLab} {settings.GitHub!.SignIn} {string.Join(' ', SignInForge.Of(settings.GitHub, settings.GitLab))}".ShouldNotContain("hunter2");
        var usual = SignInForge.Of(Read([("Forge:GitHub:OAuth:ClientId", "a"), ("Forge:GitHub:OAuth:ClientSecret", "hunter2")]).GitHub, null).ShouldHaveSingleItem();
        (usual.Authorize, usual.Token, usual.User).ShouldBe(("https://github.com/login/oauth/authorize", "https://github.com/login/oauth/access_token", "https://api.github.com/user"));
        SignInForge.Of(Read([]).GitHub, null).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Forge:GitHub:OAuth:ClientSecret is missing", "Forge:GitHub:OAuth:ClientId", "on-github")]
    [InlineData("Forge:GitHub:OAuth:ClientId is missing", "Forge:GitHub:OAuth:ClientSecret", "hunter2")]
    [InlineData("Forge:GitHub:OAuth:ClientSecret holds a line break", "Forge:GitHub:OAuth:ClientSecret", "hunter2\nmore")]
    [InlineData("Web:PublicUrl is 'https://agent.example.com/agent'", "Web:PublicUrl", "https://agent.example.com/agent")]
    [InlineData("Web:PublicUrl is 'agent.example.com'", "Web:PublicUrl", "agent.example.com")]
    public void SignIn_ThatCannotBe_IsOneLineWithoutASecret(string words, string key, string value)
    {
        var line = LineOf((key, value));
        line.ShouldContain(words);
        line.ShouldNotContain("hunter2");
    }

    [Fact]
    public void GitLab_BesideGitHub_EachHasItsOwn()
    {
        var settings = Read([("Forge:GitLab:Token", "gitlab-token"), ("Forge:GitLab:WebhookSecret", "gitlab-secret"), ("Forge:GitHub:Repositories", "octo/hello")]);
        (settings.Served.Usual, settings.Served.Serves(RepoRef.Parse("gitlab:any/thing")), settings.Served.Serves(RepoRef.Parse("github:any/thing"))).ShouldBe((ForgeKind.GitHub, true, false));
    }

    [Theory]
    [InlineData("Token", null, "Forge:GitLab:Token")]
    [InlineData("WebhookSecret", null, "Forge:GitLab:WebhookSecret")]
    [InlineData("WebhookSecret", "whsec_***", "no signing token")]
    [InlineData("Url", "http://git.example.org", "must be https")]
    [InlineData("Url", "https://git.example.org/api/v4", "/api/v4")]
    [InlineData("Repositories", "acme", "owner/name")]
    public void GitLab_SettingThatCannotBe_IsOneLine(string key, string? value, string words)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Token"] = "t-t-t-t", ["WebhookSecret"] = "s-s-s-s", ["Url"] = "https://git.example.org", [key] = value };
        LineOf([.. settings.Select(s => ($"Forge:GitLab:{s.Key}", s.Value))]).ShouldContain(words);
    }

    [Fact]
    public void AllowedBots_AreNamedByForgeAndAppsWithOrWithoutTheirSuffix()
    {
        Read([]).Flow.AllowsBot(RepoRef.Parse("github:acme/shop"), "renovate[bot]").ShouldBeFalse();
        var allows = Read([("Forge:GitHub:AllowedBots", "Renovate, copilot[bot]"), ("Forge:GitLab:AllowedBots:0", "project_7_bot_1f"), ("Forge:GitLab:Token", "gitlab-token"), ("Forge:GitLab:WebhookSecret", "gitlab-secret")]).Flow.AllowsBot;
        (string Repo, string Login)[] named = [("github:acme/shop", "renovate[bot]"), ("github:acme/shop", "Copilot"), ("gitlab:acme/pay/shop", "project_7_bot_1f")];
        named.ShouldAllBe(n => allows(RepoRef.Parse(n.Repo), n.Login));
        (string Repo, string Login)[] others = [("gitlab:acme/shop", "renovate[bot]"), ("github:acme/shop", "project_7_bot_1f"), ("github:acme/shop", "renovate2[bot]"), ("github:acme/shop", "[bot]"), ("github:acme/shop", "")];
        others.ShouldAllBe(n => !allows(RepoRef.Parse(n.Repo), n.Login));
        foreach (var wrong in (string[])["*", "re*", "a b;c", "[bot]"])
            Should.Throw<ConfigurationException>(() => Read([("Forge:GitHub:AllowedBots", wrong)])).Message.ShouldContain("Forge:GitHub:AllowedBots has '");
    }

    [Fact]
    public void MultiRepo_IsOffUntilAsked_AndReachesServedRepositoriesAlone()
    {
        Read([]).Flow.MultiRepo.ShouldBeFalse();
        var flow = Read([("Features:MultiRepo", "true"), ("Forge:GitHub:Repositories", "acme/*")]).Flow;
        flow.MultiRepo.ShouldBeTrue();
        (flow.Serves(RepoRef.Parse("github:acme/lib")), flow.Serves(RepoRef.Parse("github:other/lib"))).ShouldBe((true, false));
    }

    [Fact]
    public void Embeddings_AreOffWithoutAModel_AndBounded()
    {
        Read([]).Embeddings.ShouldBeNull();
        Read([("Search:Embeddings:Model", "embed-1")]).Embeddings.ShouldBe(new EmbeddingSettings("embed-1", null, 20_000));
        Read([("Search:Embeddings:Model", "embed-1"), ("Search:Embeddings:Dimensions", "256"), ("Search:Embeddings:MaxChunks", "5000")]).Embeddings.ShouldBe(new EmbeddingSettings("embed-1", 256, 5_000));
        foreach (var (key, value) in new[] { ("Dimensions", "0"), ("Dimensions", "-1"), ("Dimensions", "9000"), ("MaxChunks", "many"), ("MaxChunks", "2000000") })
            Should.Throw<ConfigurationException>(() => Read([("Search:Embeddings:Model", "embed-1"), ($"Search:Embeddings:{key}", value)])).Message.ShouldContain($"Search:Embeddings:{key} is '{value}'");
        Should.Throw<ConfigurationException>(() => Read([("Search:Embeddings:Dimensions", "256")])).Message.ShouldContain("Search:Embeddings:Model is missing");
    }

    [Theory]
    [InlineData(null, HostRole.All)]
    [InlineData(" All ", HostRole.All)]
    [InlineData("worker", HostRole.Worker)]
    [InlineData("worker, apply", HostRole.Worker | HostRole.Apply)]
    [InlineData("web,worker,apply", HostRole.All)]
    public void Read_Role_IsOneOrMore(string? text, HostRole role) => Read([("Role", text)]).Role.ShouldBe(role);

    [Theory]
    [InlineData("web")]
    [InlineData("apply")]
    public void Read_RoleThatAsksNoModel_NeedsNoKeyOfOne(string role) =>
        Read([("Role", role), ("OPENAI_API_KEY", null), ("Models:Default", null)]).OpenAi.ApiKey.ShouldBeEmpty();

    [Fact]
    public void Read_RetentionAndSize_AreTakenWithTheirUnits()
    {
        var settings = Read([("Temporal:Retention", "72h"), ("Temporal:MaxDatabaseSize", "4GB")]);
        (settings.TemporalRetention, settings.TemporalMaxDatabaseBytes).ShouldBe((TimeSpan.FromDays(3), 4L << 30));
        Read([("Temporal:Retention", "none")]).TemporalRetention.ShouldBeNull();
        LineOf(("Temporal:Retention", "3 weeks")).ShouldContain("Temporal:Retention");
        LineOf(("Temporal:MaxDatabaseSize", "big")).ShouldContain("Temporal:MaxDatabaseSize");
    }

    [Fact]
    public void Read_StorageKeys_ComeFromOneSource()
    {
        var file = Read([("DataDirectory", "/srv/agent")]).StorageKeys;
        (file.File, file.IsDefaultFile, file.Source).ShouldBe(("/srv/agent/storage.key", true, "/srv/agent/storage.key"));
        Read([("Storage:KeyFile", "/etc/agent.key")]).StorageKeys.IsDefaultFile.ShouldBeFalse();
        Read([("Storage:KeyCommand", "vault read"), ("Storage:KeyCommandTimeout", "30")]).StorageKeys.Patience.ShouldBe(TimeSpan.FromSeconds(30));
        var line = LineOf(("Storage:KeyFile", "/etc/agent.key"), ("Storage:Keys", "hunter2"));
        line.ShouldContain("Storage:Keys");
        line.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Read_CodecOrigins_AreAsBrowsersSendThem() =>
        Read([("Codec:Origins", "https://Temporal.example.com/, http://127.0.0.1:8233 http://[::1]:80")]).CodecOrigins
            .ShouldBe(["https://temporal.example.com", "http://127.0.0.1:8233", "http://[::1]"]);

    [Fact]
    public void Read_ContainersKeys_AreTaken()
    {
        var docker = Read([("Sandbox:DockerSocket", "unix:///run/user/1000/docker.sock"), ("Sandbox:PullImages", "Pinned"), ("Sandbox:BuildNetwork", "none"), ("Sandbox:AllowUnlimitedMemory", "true")]).Docker;
        (docker.SocketPath, docker.Pull, docker.BuildNetwork, docker.AllowUnlimitedMemory).ShouldBe(("/run/user/1000/docker.sock", ImagePull.Pinned, "none", true));
        var plain = Read([]).Docker;
        (plain.SocketPath, plain.Pull, plain.BuildNetwork).ShouldBe(("/var/run/docker.sock", ImagePull.Never, null));
    }

    [Fact]
    public void Read_EgressKeys_AreTaken_AsOneTextOrAsAList()
    {
        var bundle = Path.GetTempFileName();
        var egress = Read(
            [("Egress:Hosts", "npm.corp.example:8443, *.corp.example"), ("Egress:AllowedRanges:0", "10.1.0.0/16"), ("Egress:AllowedRanges:1", "fd00::/8"),
             ("Egress:Proxy", "http://bot:hunter2@proxy.corp.example:3128"), ("Egress:CertificateBundle", bundle)]).Egress;
        egress.Allowed.Select(r => r.ToString()).ShouldBe(["npm.corp.example:8443", "*.corp.example"]);
        egress.AllowedRanges.Select(r => r.ToString()).ShouldBe(["10.1.0.0/16", "fd00::/8"]);
        (egress.UpstreamProxy?.Host, egress.UpstreamProxy?.Port, egress.CertificateBundle).ShouldBe(("proxy.corp.example", 3128, bundle));
        File.Delete(bundle);
        var plain = Read([]).Egress;
        (plain.Allowed.Count, plain.AllowedRanges.Count, plain.UpstreamProxy, plain.CertificateBundle).ShouldBe((0, 0, null, null));
    }

    [Theory]
    [InlineData("Egress:Hosts", "10.0.0.1")]
    [InlineData("Egress:Hosts", "*")]
    [InlineData("Egress:Hosts", "registry.example, *.com")]
    [InlineData("Egress:Hosts", "registry.example:none")]
    [InlineData("Egress:Hosts", "https://registry.example/path")]
    [InlineData("Egress:AllowedRanges", "10.0.0.0-10.0.0.9")]
    [InlineData("Egress:AllowedRanges", "10.1.0.0/16 10.2.0.0/33")]
    [InlineData("Egress:CertificateBundle", "/no/such/file.pem")]
    [InlineData("Egress:Proxy", "proxy.corp.example")]
    [InlineData("Egress:Proxy", "https://proxy.corp.example:3128")]
    [InlineData("Egress:Proxy", "socks5://bot:hunter2@proxy.corp.example:1080")]
    public void Read_EgressKeyThatIsBad_IsOneLineWithItsName(string key, string value)
    {
        var line = LineOf((key, value));
        line.ShouldStartWith(key);
        line.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Read_EverythingSet_IsTaken()
    {
        var settings = Read(
            [("Role", "Web"), ("Urls", "http://0.0.0.0:80;http://[::1]:81"), ("Models:Planner", "big"), ("Models:Prices:gpt-x:Input", "2.50"),
             ("Models:Prices:gpt-x:CachedInput", "0.25"), ("Models:Prices:gpt-x:Output", "10"), ("Temporal:Tls", "true"),
             ("Forge:GitHub:ApiUrl", "https://ghe.example/api/v3"), ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"), ("Models:Api", "Responses"), ("Sandbox:AllowUnlimitedMemory", "true")]);

        (settings.Role, settings.Urls, settings.Flow.PlannerModel, settings.TemporalTls?.Disabled, settings.AllowUnlimitedMemory)
            .ShouldBe((HostRole.Web, "http://0.0.0.0:80;http://[::1]:81", "big", false, true));
        settings.OpenAi.BaseUrl.ShouldBe(new Uri("http://127.0.0.1:9/v1"));
        settings.OpenAi.Api.ShouldBe(OpenAiApi.Responses);
    }

    [Theory]
    [InlineData("Forge:GitHub:Token", "Forge__GitHub__Token")]
    [InlineData("Forge:GitHub:WebhookSecret", "Forge__GitHub__WebhookSecret")]
    [InlineData("OPENAI_API_KEY", "Models__ApiKey")]
    [InlineData("Models:Default", "Models__Default")]
    public void Read_KeyMissingOrBlank_NamesTheKeyAndTheMend(string key, string variable)
    {
        foreach (var value in new[] { null, "", "  " })
            LineOf((key, value)).ShouldContain(variable);
    }

    [Fact]
    public void App_ByFileOrByText_TakesThePlaceOfTheToken()
    {
        using var rsa = RSA.Create(2048);
        var pem = rsa.ExportRSAPrivateKeyPem();
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, pem);
            foreach (var (key, value) in new[] { ("Forge:GitHub:App:PrivateKeyFile", file), ("Forge:GitHub:App:PrivateKey", pem.ReplaceLineEndings("\\n")) })
            {
                var settings = Read([("Forge:GitHub:Token", null), ("Forge:GitHub:App:Id", "12"), (key, value)]);
                (settings.GitHub!.Token, settings.GitHub!.App!.Id).ShouldBe(("", "12"));
                settings.Secrets.ShouldContain(pem);
                $"{settings} {settings.GitHub} {settings.GitHub!.App}".ShouldNotContain("BEGIN");
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("Forge:GitHub:Token and Forge:GitHub:App are both set", "Forge:GitHub:Token=ghp_hunter2", "Forge:GitHub:App:Id=12")]
    [InlineData("Forge:GitHub:App:Id is missing", "Forge:GitHub:App:PrivateKey=hunter2")]
    [InlineData("Forge:GitHub:App:PrivateKeyFile is missing", "Forge:GitHub:App:Id=12")]
    [InlineData("are both set; keep one", "Forge:GitHub:App:Id=12", "Forge:GitHub:App:PrivateKey=hunter2", "Forge:GitHub:App:PrivateKeyFile=/nowhere/key.pem")]
    [InlineData("cannot be read as an RSA key", "Forge:GitHub:App:Id=12", "Forge:GitHub:App:PrivateKey=hunter2")]
    [InlineData("Forge:GitHub:App:PrivateKeyFile: /nowhere/key.pem, the file of the App's private key, cannot be read", "Forge:GitHub:App:Id=12", "Forge:GitHub:App:PrivateKeyFile=/nowhere/key.pem")]
    [InlineData("Forge:GitHub:App:Id is not an app's id", "Forge:GitHub:App:Id=my app", "Forge:GitHub:App:PrivateKey=hunter2")]
    public void App_InPartOrBesideAToken_IsOneLineWithoutASecret(string words, params string[] set)
    {
        var line = LineOf([("Forge:GitHub:Token", null), .. set.Select(s => (s.Split('=')[0], (string?)s.Split('=')[1]))]);
        line.ShouldContain(words);
        line.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("Role", "both", "web, worker, apply")]
    [InlineData("Role", "1", "web, worker, apply")]
    [InlineData("Role", "web,1", "web, worker, apply")]
    [InlineData("Urls", "8080", "http://127.0.0.1:8080")]
    [InlineData("Urls", "http://127.0.0.1:99999", "http://127.0.0.1:8080")]
    [InlineData("Urls", "http://127.0.0.1:8080;nonsense", "nonsense")]
    [InlineData("Urls", "https://127.0.0.1:8443", "proxy")]
    [InlineData("Urls", "http://localhost:0", "localhost")]
    [InlineData("Urls", "http://127.0.0.1:8080/base", "http://127.0.0.1:8080")]
    [InlineData("Forge:GitHub:ApiUrl", "github.example", "https")]
    [InlineData("Forge:GitHub:ApiUrl", "http://github.example/api/v3", "https")]
    [InlineData("OPENAI_BASE_URL", "file:///etc", "http or https")]
    [InlineData("Models:BaseUrl", "v1", "http or https")]
    [InlineData("Models:Api", "completions", "write chat or responses")]
    [InlineData("Models:Prices:gpt-x:Input", "cheap", "US dollars per million tokens")]
    [InlineData("Models:Prices:gpt-x:Output", "-1", "US dollars per million tokens")]
    [InlineData("Temporal:Address", "temporal.internal", "host:port")]
    [InlineData("Temporal:Address", "http://temporal.internal:7233", "host:port")]
    [InlineData("Temporal:Address", "temporal.internal:0", "host:port")]
    [InlineData("Temporal:Port", "70000", "port number")]
    [InlineData("Temporal:AllowUnauthenticated", "yes", "true or false")]
    [InlineData("Temporal:AllowUnauthenticated", "true", "Temporal:ApiKey is set")]
    [InlineData("Storage:KeyCommandTimeout", "0", "from 1 to 300")]
    [InlineData("Codec:Origins", "temporal.example.com", "without a path")]
    [InlineData("Codec:Origins", "https://temporal.example.com/ui", "without a path")]
    [InlineData("Codec:Origins", "https://a.example, *", "without a path")]
    [InlineData("Codec:Origins", "null", "without a path")]
    [InlineData("Flow:HeartbeatTimeout", "1", "from 2 to 600")]
    [InlineData("Flow:HeartbeatTimeout", "0.5", "whole seconds")]
    [InlineData("Temporal:Tls", "yes", "true or false")]
    [InlineData("Sandbox:AllowUnlimitedMemory", "1", "true or false")]
    [InlineData("Features:MultiRepo", "on", "true or false")]
    [InlineData("Sandbox:DockerSocket", "tcp://10.0.0.1:2375", "a local Docker Engine's socket")]
    [InlineData("Sandbox:DockerSocket", "docker.sock", "a local Docker Engine's socket")]
    [InlineData("Sandbox:PullImages", "yes", "never, pinned")]
    [InlineData("Sandbox:BuildNetwork", "host", "a Docker network")]
    [InlineData("Sandbox:BuildNetwork", "container:db", "a Docker network")]
    public void Read_KeyMalformed_NamesTheKeyAndTheMend(string key, string value, string mend)
    {
        var line = LineOf((key, value));

        line.ShouldContain(key == "Role" ? "--role" : key.StartsWith("Models:Prices", StringComparison.Ordinal) ? "Models:Prices:gpt-x:" : key);
        line.ShouldContain(mend);
    }

    [Theory]
    [InlineData("Forge:GitHub:Token")]
    [InlineData("Api:Key")]
    [InlineData("OPENAI_API_KEY")]
    [InlineData("Temporal:ApiKey")]
    public void Read_SecretOfTwoLines_IsRefusedWithoutShowingIt(string key)
    {
        var line = LineOf((key, "hunter2\nhunter3"));

        line.ShouldContain(key);
        line.ShouldNotContain("hunter");
    }

    [Theory]
    [InlineData("Forge:GitHub:ApiUrl")]
    [InlineData("OPENAI_BASE_URL")]
    public void Read_AddressWithCredentials_IsRefusedWithoutShowingThem(string key)
    {
        var line = LineOf((key, "https://bot:hunter2@host.example/v1"));

        line.ShouldContain(key);
        line.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Read_Worker_NeedsNoWebSecretsButATemporalAddress()
    {
        var settings = Read([("Role", "worker"), ("Forge:GitHub:WebhookSecret", null), ("Api:Key", null)]);
        (settings.Role, settings.GitHub!.WebhookSecrets.All.Count(), settings.Api.Key).ShouldBe((HostRole.Worker, 0, null));
        LineOf(("Role", "worker"), ("Temporal:Address", null)).ShouldContain("--temporal-address");
    }

    [Fact]
    public void Read_WebhookSecrets_OfAllOfOwnersAndOfRepositories()
    {
        var secrets = Read([
            ("Forge:GitHub:WebhookSecret", null), ("Forge:GitHub:WebhookSecret:0", "new"), ("Forge:GitHub:WebhookSecret:1", "old"),
            ("Forge:GitHub:WebhookSecrets:0:For", "acme/shop"), ("Forge:GitHub:WebhookSecrets:0:Secret", "shops"),
            ("Forge:GitHub:WebhookSecrets:1:For", "acme"), ("Forge:GitHub:WebhookSecrets:1:Installation", "5"),
            ("Forge:GitHub:WebhookSecrets:1:Secret:0", "acme-new"), ("Forge:GitHub:WebhookSecrets:1:Secret:1", "acme-old"),
        ]).GitHub!.WebhookSecrets;
        secrets.Others.ShouldBe(["new", "old"]);
        secrets.Entries.Select(e => (e.For, e.Installation, string.Join(' ', e.Secrets))).ShouldBe([("acme/shop", null, "shops"), ("acme", 5L, "acme-new acme-old")]);
    }

    [Fact]
    public void Read_WebhookSecretsOfOwnersAlone_NeedNoneForAll() => Read([
        ("Forge:GitHub:WebhookSecret", null), ("Forge:GitHub:WebhookSecrets:0:For", "acme"), ("Forge:GitHub:WebhookSecrets:0:Secret", "s"),
    ]).GitHub!.WebhookSecrets.Others.ShouldBeEmpty();

    [Theory]
    [InlineData("For", "", "For is ''; write the owner")]
    [InlineData("For", "acme/shop/x", "write the owner, or owner/name")]
    [InlineData("For", "https://github.com/acme", "write the owner, or owner/name")]
    [InlineData("For", "acme/*", "write the owner, or owner/name")]
    [InlineData("Installation", "acme", "Installation is 'acme'; write the number")]
    [InlineData("Installation", "0", "Installation is '0'")]
    [InlineData("Installation", "-5", "Installation is '-5'")]
    [InlineData("Installation", "99999999999999999999", "write the number")]
    [InlineData("Secret", " ", "Forge__GitHub__WebhookSecrets__0__Secret")]
    [InlineData("Secret", "two\nlines", "line break")]
    [InlineData("Secret", "webhook-secret", "the same secret")]
    [InlineData("Secrets", "x", "is not a key")]
    public void Read_WebhookSecretThatCannotDoWhatItIsFor_IsOneLineWithoutIt(string key, string value, string expected)
    {
        var line = LineOf(
            ("Forge:GitHub:WebhookSecrets:0:For", key == "For" ? value : "acme"), ("Forge:GitHub:WebhookSecrets:0:Secret", key == "Secret" ? value : "of-acme"), ($"Forge:GitHub:WebhookSecrets:0:{key}", value));
        line.ShouldContain(expected);
        line.ShouldNotContain("of-acme");
        line.ShouldNotContain("webhook-secret");
    }

    [Fact]
    public void Read_WebhookSecretsNamedTwiceOrNoList_AreOneLine()
    {
        LineOf(
            ("Forge:GitHub:WebhookSecrets:0:For", "acme"), ("Forge:GitHub:WebhookSecrets:0:Secret", "a"),
            ("Forge:GitHub:WebhookSecrets:1:For", "ACME"), ("Forge:GitHub:WebhookSecrets:1:Secret", "b")).ShouldContain("twice");
        LineOf(("Forge:GitHub:WebhookSecrets", "acme=secret")).ShouldContain("is a list");
    }

    [Fact]
    public void Advisories_OfAFolder_AreReadByTheApplierAlone()
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-advisories-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "a.json"), """{ "id": "GHSA-1", "affected": [ { "package": { "ecosystem": "npm", "name": "a" }, "versions": ["1.0.0"] } ] }""");
            Read([("Advisories:Path", folder.FullName)]).Flow.Advisories.On("npm", "a", "1.0.0").ShouldBe(["GHSA-1"]);
            Read([("Advisories:Path", folder.FullName), ("Role", "web,worker")]).Flow.Advisories.IsKnown.ShouldBeFalse();
            Read([]).Flow.Advisories.IsKnown.ShouldBeFalse();
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        LineOf(("Advisories:Path", folder.FullName)).ShouldStartWith($"Advisories:Path is '{folder.FullName}', which cannot be read: ");
    }

    [Fact]
    public void Settings_AsText_HideEverySecretAndListThemForMasking()
    {
        var settings = Read([]);

        settings.Secrets.ShouldBe(["ghp_forge-token", "webhook-secret", "rest-api-key", "temporal-key", "sk-model-key"], ignoreOrder: true);
        foreach (var secret in settings.Secrets)
            $"{settings} {settings.OpenAi} {settings.GitHub}".ShouldNotContain(secret);
    }

    private static HostSettings Read((string Key, string? Value)[] changes)
    {
        var keys = new Dictionary<string, string?>(Complete, StringComparer.Ordinal);
        foreach (var (key, value) in changes)
            keys[key] = value;
        return HostSettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(keys).Build());
    }

    private static string LineOf(params (string Key, string? Value)[] changes)
    {
        var line = Should.Throw<ConfigurationException>(() => Read(changes)).Message;
        line.ShouldNotContain('\n');
        return line;
    }
}
