using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Egress.Settings;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Tests.Egress;
using CodingAgent.Mcp.ThirdParty;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Mcp.Tests.ThirdParty;

/// <summary>What a registry says of a package's origin, from a registry over TLS whose keys and certificates are made here.</summary>
public sealed class ProvenanceTests : IAsyncLifetime
{
    private const string Repository = "https://github.com/acme/small";
    private const string Workflow = "https://github.com/acme/small/.github/workflows/release.yml@refs/tags/v1.0.0";

    private static readonly string Digest = "sha512-" + Convert.ToBase64String(SHA512.HashData("the artifact"u8));

    private static readonly ThirdPartyServer Server = new("small", ServerPackage.Parse("npm:@acme/small@1.0.0"), Digest, ["small"], ["say"]);

    private readonly ScratchFolder _folder = new();
    private readonly ECDsa _registryKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Dictionary<string, string> _served = [];
    private TestRegistry _registry = null!;

    public async Task InitializeAsync()
    {
        _registry = await TestRegistry.StartAsync("npm.test");
        _registry.Answer = async context =>
        {
            var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            if (_served.TryGetValue(target, out var text)) await context.Response.WriteAsync(text);
            else context.Response.StatusCode = StatusCodes.Status404NotFound;
        };
        Keys();
    }

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        _registryKey.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Signature_OfTheRegistry_IsVerifiedOverNameVersionAndDigest()
    {
        Document(Signed());
        var told = await ReadAsync();
        told.Problems.ShouldBeEmpty();
        told.Given.ShouldBe(new ApprovedProvenance("SHA256:one", "", "", false));
        told.Notes.ShouldBe(["no attestation says what the package is built from"]);
    }

    public static TheoryData<string, string> WrongSignatures => new()
    {
        { "of another version", "does not hold" },
        { "of another artifact", "does not hold" },
        { "no base64", "does not hold" },
        { "by a key that is not given", "its keys do not have that one" },
        { "by a key that had expired", "had expired when the package was published" },
        { "keys that cannot be read", "does not hold" },
    };

    [Theory]
    [MemberData(nameof(WrongSignatures))]
    public async Task Signature_ThatDoesNotHold_IsAProblem(string which, string words)
    {
        var sig = which switch
        {
            "of another version" => Sign($"@acme/small@1.0.1:{Digest}"),
            "of another artifact" => Sign("@acme/small@1.0.0:sha512-AAAA"),
            "no base64" => "%%%",
            _ => Sign($"@acme/small@1.0.0:{Digest}"),
        };
        if (which == "by a key that had expired") Keys("2026-01-01T00:00:00Z");
        if (which == "keys that cannot be read") _served["/-/npm/v1/keys"] = """{"keys":[{"keyid":"SHA256:one","key":"AAAA"}]}""";
        Document(Signed(sig, which == "by a key that is not given" ? "SHA256:two" : "SHA256:one"));
        var told = await ReadAsync();
        told.Given.ShouldBeNull();
        told.Problems.ShouldHaveSingleItem().ShouldContain(words);
    }

    // The registry's first key expired on a day, and all that was published before stays signed by it.
    [Fact]
    public async Task Signature_ByAKeyThatHasExpiredSince_Holds()
    {
        Keys("2026-06-01T00:00:00Z");
        Document(Signed());
        (await ReadAsync()).Given!.SignedBy.ShouldBe("SHA256:one");
    }

    [Theory]
    [InlineData(false, "gives no keys")]
    [InlineData(true, "gives no signature")]
    public async Task Registry_ThatGivesLess_IsSaidPlainly(bool keys, string words)
    {
        if (!keys) _served.Remove("/-/npm/v1/keys");
        Document(keys ? [] : Signed());
        var told = await ReadAsync();
        (told.Given, told.Problems.Count).ShouldBe((null, 0));
        told.Notes.ShouldContain(n => n.Contains(words));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("[]")]
    [InlineData("""{"versions":{"1.0.0":{"dist":7}}}""")]
    [InlineData("""{"versions":[]}""")]
    [InlineData("""{"versions":{"1.0.0":{"dist":{"signatures":{"sig":1}}}}}""")]
    [InlineData("""{"versions":{"1.0.0":{"dist":{"signatures":[1,null,[]]}}}}""")]
    public async Task Documents_OfAnyForm_ProveNothing(string document)
    {
        _served["/@acme%2fsmall"] = document;
        (await ReadAsync()).Given.ShouldBeNull();
    }

    [Fact]
    public async Task Registry_OutOfReach_IsNoProofAndNoAccusation()
    {
        var told = await new ProvenanceReader(Egress, Settings("https://npm.test:1/"), null, TimeProvider.System).ReadAsync(Server, CancellationToken.None);
        told.Notes.ShouldBe(["npm.test cannot be asked"]);
        told.After(new ApprovedProvenance("SHA256:one", Repository, Workflow, false), "lock").Problems.ShouldBeEmpty("an outage accuses nobody");
    }

    [Fact]
    public async Task Attestation_Verified_TellsRepositoryAndBuildOfItsCertificate()
    {
        using var authority = new Authority();
        Document(Signed(), attests: true);
        Attest(authority.Bundle(Statement()));
        var told = await ReadAsync();
        told.Problems.ShouldBeEmpty();
        told.Given.ShouldBe(new ApprovedProvenance("SHA256:one", Repository, Workflow, false));
        told.Notes.ShouldContain(n => n.Contains("nobody vouches for its certificate") && n.Contains("log is not asked"));

        File.WriteAllText(_folder["roots.pem"], authority.Pem);
        (await ReadAsync(_folder["roots.pem"])).Given!.IsAnchored.ShouldBeTrue();
        using var other = new Authority();
        File.WriteAllText(_folder["others.pem"], other.Pem);
        var refused = await ReadAsync(_folder["others.pem"]);
        refused.Problems.ShouldHaveSingleItem().ShouldContain("does not come from the configured trust root");
        refused.Given!.Repository.ShouldBeEmpty();
    }

    public static TheoryData<string, string> WrongAttestations => new()
    {
        { "about another digest", "about another artifact" },
        { "about another package", "about another artifact" },
        { "about two artifacts", "about another artifact" },
        { "signed by another key", "its signature is not by its certificate" },
        { "changed after it was signed", "its signature is not by its certificate" },
        { "of another payload type", "its signature is not by its certificate" },
        { "without repository", "names no repository" },
        { "with a repository that is no address", "names no repository" },
        { "certificate is none", "cannot be read" },
        { "not given", "names attestations of the package and does not give them" },
        { "by a key that the registry does not have", "signed by no key of the registry" },
    };

    [Theory]
    [MemberData(nameof(WrongAttestations))]
    public async Task Attestation_ThatDoesNotHold_IsAProblem(string which, string words)
    {
        using var authority = new Authority
        {
            Repository = which switch { "without repository" => null, "with a repository that is no address" => "javascript:alert(1)\u202e", _ => Repository },
            Workflow = which is "without repository" or "with a repository that is no address" ? "urn:x" : Workflow,
        };
        Document(Signed(), attests: true);
        var statement = which switch
        {
            "about another digest" => Statement(digest: new string('0', 128)),
            "about another package" => Statement(name: "pkg:npm/%40acme/small@2.0.0"),
            "about two artifacts" => Statement(twice: true),
            _ => Statement(),
        };
        var bundle = authority.Bundle(statement);
        var envelope = bundle["dsseEnvelope"]!;
        switch (which)
        {
            case "signed by another key":
                using (var other = new Authority())
                    bundle["verificationMaterial"] = other.Bundle(statement)["verificationMaterial"]!.DeepClone();
                break;
            case "changed after it was signed":
                envelope["payload"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Statement() + " "));
                break;
            case "of another payload type":
                envelope["payloadType"] = "text/plain";
                break;
            case "certificate is none":
                bundle["verificationMaterial"] = JsonNode.Parse("""{"certificate":{"rawBytes":"AAAA"}}""");
                break;
            case "by a key that the registry does not have":
                bundle["verificationMaterial"] = JsonNode.Parse("""{"publicKey":{"hint":"SHA256:two"}}""");
                break;
        }

        if (which != "not given") Attest(bundle);
        var told = await ReadAsync();
        told.Problems.ShouldHaveSingleItem().ShouldContain(words);
        (told.Given?.Repository ?? "").ShouldBeEmpty();
    }

    [Fact]
    public async Task ApprovedProvenance_IsNotGivenUpByALaterVersion()
    {
        using var authority = new Authority();
        Document(Signed(), attests: true);
        Attest(authority.Bundle(Statement()));
        var before = (await ReadAsync()).Given!;
        (await ReadAsync()).After(before, "lock").Problems.ShouldBeEmpty();

        using var fork = new Authority { Repository = "https://github.com/eve/small" };
        Attest(fork.Bundle(Statement()));
        (await ReadAsync()).After(before, "lock").Problems.ShouldHaveSingleItem().ShouldContain("built from https://github.com/acme/small, and now says https://github.com/eve/small");
        Document([]);
        (await ReadAsync()).After(before, "lock").Problems.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Approve_OfAPackageWhoseSignatureDoesNotHold_WritesNothing()
    {
        Document(Signed(Sign("something else")));
        var sandbox = new BubblewrapSandbox(new BubblewrapOptions(), TimeProvider.System);
        using var packages = new ServerPackages(_folder["servers"], sandbox, Egress, Settings(Address), TimeProvider.System);
        Directory.CreateDirectory(packages.FolderOf(Server, null));
        File.WriteAllText(Path.Combine(packages.FolderOf(Server, null), "package-lock.json"), $"{{\"packages\":{{\"node_modules/@acme/small\":{{\"version\":\"1.0.0\",\"integrity\":\"{Digest}\"}}}}}}");
        var servers = new ThirdPartyServers([Server], _folder["lock.json"], packages, Reader(null), sandbox, TimeProvider.System, NullLogger<ThirdPartyServers>.Instance);
        (await Should.ThrowAsync<ThirdPartyException>(() => servers.ApproveAsync(Server, CancellationToken.None))).Message.ShouldContain("signature does not hold");
        File.Exists(_folder["lock.json"]).ShouldBeFalse();

        // What was approved with a provenance is not approved anew without anybody having looked.
        ToolLock.Write(_folder["lock.json"], "small", new ApprovedServer("npm:@acme/small@0.9.0", Digest, "", "", [], []) { Provenance = new ApprovedProvenance("SHA256:one", "", "", false) });
        var away = new ThirdPartyServers([Server], _folder["lock.json"], packages, new ProvenanceReader(Egress, Settings("https://npm.test:1/"), null, TimeProvider.System), sandbox, TimeProvider.System, NullLogger<ThirdPartyServers>.Instance);
        (await Should.ThrowAsync<ThirdPartyException>(() => away.ApproveAsync(Server, CancellationToken.None))).Message.ShouldContain("npm.test cannot be asked, and it was approved with a provenance");
    }

    private string Address => $"https://npm.test:{_registry.TlsPort}/";

    private EgressOptions Egress => new() { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), AllowedRanges = [IPNetwork.Parse("127.0.0.0/8")], CertificateBundle = _registry.Bundle };

    private RegistrySettings Settings(string address) =>
        RegistrySettings.Of(HostPackageSettings.Read(_folder["no-home"], _ => null, _folder["no-etc"]), new Dictionary<PackageSource, Uri> { [PackageSource.Npm] = new(address) });

    private ProvenanceReader Reader(string? roots) => new(Egress, Settings(Address), roots, TimeProvider.System);

    private Task<Provenance> ReadAsync(string? roots = null) => Reader(roots).ReadAsync(Server, CancellationToken.None);

    private void Keys(string? expires = null) => _served["/-/npm/v1/keys"] = new JsonObject
    {
        ["keys"] = new JsonArray(new JsonObject { ["keyid"] = "SHA256:one", ["keytype"] = "ecdsa-sha2-nistp256", ["scheme"] = "ecdsa-sha2-nistp256", ["expires"] = expires, ["key"] = Convert.ToBase64String(_registryKey.ExportSubjectPublicKeyInfo()) }),
    }.ToJsonString();

    private string Sign(string text) => Convert.ToBase64String(_registryKey.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));

    private JsonArray Signed(string? sig = null, string id = "SHA256:one") => [new JsonObject { ["keyid"] = id, ["sig"] = sig ?? Sign($"@acme/small@1.0.0:{Digest}") }];

    private void Document(JsonArray signatures, bool attests = false)
    {
        var dist = new JsonObject { ["integrity"] = Digest, ["signatures"] = signatures };
        if (attests) dist["attestations"] = new JsonObject { ["url"] = "https://elsewhere.test/" };
        _served["/@acme%2fsmall"] = new JsonObject { ["versions"] = new JsonObject { ["1.0.0"] = new JsonObject { ["dist"] = dist } }, ["time"] = new JsonObject { ["1.0.0"] = "2026-03-01T00:00:00.000Z" } }.ToJsonString();
    }

    private void Attest(JsonObject bundle) =>
        _served["/-/npm/v1/attestations/@acme%2fsmall@1.0.0"] = new JsonObject { ["attestations"] = new JsonArray(new JsonObject { ["predicateType"] = "https://slsa.dev/provenance/v1", ["bundle"] = bundle }) }.ToJsonString();

    private static string Statement(string name = "pkg:npm/%40acme/small@1.0.0", string? digest = null, bool twice = false)
    {
        JsonObject Subject() => new() { ["name"] = name, ["digest"] = new JsonObject { ["sha512"] = digest ?? Convert.ToHexStringLower(SHA512.HashData("the artifact"u8)) } };
        return new JsonObject { ["_type"] = "https://in-toto.io/Statement/v1", ["subject"] = twice ? new JsonArray(Subject(), Subject()) : new JsonArray(Subject()), ["predicateType"] = "https://slsa.dev/provenance/v1", ["predicate"] = new JsonObject() }.ToJsonString();
    }

    /// <summary>Gives out certificates as Fulcio does (https://github.com/sigstore/fulcio/blob/main/docs/certificate-specification.md).</summary>
    private sealed class Authority : IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        private readonly X509Certificate2 _root;

        public Authority()
        {
            var request = new CertificateRequest("CN=sigstore", _key, HashAlgorithmName.SHA384);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            _root = request.CreateSelfSigned(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2036, 1, 1, 0, 0, 0, TimeSpan.Zero));
        }

        public string? Repository { get; init; } = ProvenanceTests.Repository;

        public string Workflow { get; init; } = ProvenanceTests.Workflow;

        public string Pem => _root.ExportCertificatePem();

        public JsonObject Bundle(string statement)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], false));
            var names = new SubjectAlternativeNameBuilder();
            names.AddUri(new Uri(Workflow));
            request.CertificateExtensions.Add(names.Build(critical: true));
            if (Repository is not null)
            {
                var text = new AsnWriter(AsnEncodingRules.DER);
                text.WriteCharacterString(UniversalTagNumber.UTF8String, Repository);
                request.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.57264.1.12", text.Encode(), false));
            }

            // For ten minutes, long ago.
            var at = new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);
            using var leaf = request.Create(_root, at, at.AddMinutes(10), RandomNumberGenerator.GetBytes(8));
            var payload = Encoding.UTF8.GetBytes(statement);
            byte[] signed = [.. Encoding.UTF8.GetBytes($"DSSEv1 28 application/vnd.in-toto+json {payload.Length} "), .. payload];
            return new JsonObject
            {
                ["verificationMaterial"] = new JsonObject { ["certificate"] = new JsonObject { ["rawBytes"] = Convert.ToBase64String(leaf.RawData) } },
                ["dsseEnvelope"] = new JsonObject
                {
                    ["payload"] = Convert.ToBase64String(payload),
                    ["payloadType"] = "application/vnd.in-toto+json",
                    ["signatures"] = new JsonArray(new JsonObject { ["sig"] = Convert.ToBase64String(key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)) }),
                },
            };
        }

        public void Dispose()
        {
            _root.Dispose();
            _key.Dispose();
        }
    }
}
