using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>
/// Verifies what npm's registry says of a package: its own signature (https://docs.npmjs.com/about-registry-signatures) and attestations in Sigstore's bundles
/// (https://docs.npmjs.com/generating-provenance-statements): that they are about this artifact, and signed by the key of the certificate beside them. Where that
/// certificate comes from is held against the operator's trust root, if one is named; the transparency log is not asked. Pure.
/// </summary>
internal static class NpmProvenance
{
    private const int MostAttestations = 20;
    private const int LongestName = 400;

    // https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
    private const string SourceRepository = "1.3.6.1.4.1.57264.1.12";
    private const string WorkflowRepository = "1.3.6.1.4.1.57264.1.5";
    private const string AlternativeName = "2.5.29.17";
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    public static Provenance Verify(ThirdPartyServer server, JsonObject document, JsonObject? keys, JsonObject? attestations, X509Certificate2Collection? roots)
    {
        var (package, notes, problems) = (server.Package, new List<string>(), new List<string>());
        var dist = document["versions"]?[package.Version]?["dist"];
        var signedBy = "";
        if (dist?["signatures"] is JsonArray { Count: > 0 } signatures)
        {
            if (keys is null)
                notes.Add("the registry signs the package and gives no keys to verify that with");
            else if (Signer(server, signatures, keys, Text(document["time"], package.Version)) is var (by, problem))
                (signedBy, problems) = (by, problem is null ? problems : [.. problems, problem]);
        }
        else
        {
            notes.Add("the registry gives no signature of the package");
        }

        var (repository, workflow, anchored) = ("", "", false);
        if (dist?["attestations"] is null)
        {
            notes.Add("no attestation says what the package is built from");
        }
        else if (attestations?["attestations"] is not JsonArray { Count: > 0 and <= MostAttestations } given)
        {
            problems.Add("the registry names attestations of the package and does not give them");
        }
        else
        {
            foreach (var attestation in given)
            {
                try
                {
                    if (Built(server, attestation!, keys, roots) is { } built)
                        (repository, workflow, anchored) = built;
                }
                catch (Exception e) when (e is NotProvedException or FormatException or InvalidOperationException or JsonException or CryptographicException or AsnContentException or NullReferenceException)
                {
                    problems.Add($"an attestation of the package does not hold: {(e is NotProvedException ? e.Message : "it cannot be read")}");
                }
            }

            if (repository.Length > 0)
                notes.Add($"{(anchored ? "its certificate comes from the configured trust root" : "nobody vouches for its certificate here: no trust root is named (Mcp:ProvenanceRoots)")}; the transparency log is not asked");
        }

        return new Provenance(signedBy.Length + repository.Length == 0 ? null : new ApprovedProvenance(signedBy, repository, workflow, anchored), problems, notes);
    }

    private static (string By, string? Problem) Signer(ThirdPartyServer server, JsonArray signatures, JsonObject keys, string published)
    {
        var message = Encoding.UTF8.GetBytes($"{server.Package.Name}@{server.Package.Version}:{server.Digest}");
        var known = 0;
        var by = "";
        foreach (var signature in signatures)
        {
            var id = Text(signature, "keyid");
            if (KeyOf(keys, id) is not { } key)
                continue;
            known++;
            // A key that has expired since still proves what was published before.
            if (Text(key, "expires") is { Length: > 0 } expires && Time(published) is { } at && at >= (Time(expires) ?? DateTimeOffset.MinValue))
                return ("", $"the registry's signature is by the key {Shown(id)}, which had expired when the package was published");
            if (!IsSigned(key, message, Text(signature, "sig")))
                return ("", $"the registry's signature does not hold for {server.Package} with {server.Digest}");
            by = id;
        }

        return known > 0 ? (by, null) : ("", $"the registry's signature is by {string.Join(", ", signatures.Take(3).Select(s => Shown(Text(s, "keyid"))))}, and its keys do not have that one");
    }

    /// <summary>What an attestation proves of what a package is built from; null for one that is about something else.</summary>
    private static (string Repository, string Workflow, bool Anchored)? Built(ThirdPartyServer server, JsonNode attestation, JsonObject? keys, X509Certificate2Collection? roots)
    {
        var bundle = attestation["bundle"] ?? throw new NotProvedException("it has no bundle");
        var envelope = bundle["dsseEnvelope"] ?? throw new NotProvedException("it has no envelope");
        var (payload, type) = (Convert.FromBase64String(Text(envelope, "payload")), Text(envelope, "payloadType"));
        // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
        byte[] signed = [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(type)} {type} {payload.Length} ")), .. payload];
        var signature = envelope["signatures"] is JsonArray { Count: 1 } one ? Text(one[0], "sig") : throw new NotProvedException("it has not one signature");
        var material = bundle["verificationMaterial"];
        var chain = material?["certificate"] is { } single ? [single] : material?["x509CertificateChain"]?["certificates"] as JsonArray is { } several ? several.OfType<JsonNode>().ToArray() : [];
        if (chain.Length == 0)
        {
            // What the registry itself says of the publication, by its key.
            var id = Text(material?["publicKey"], "hint");
            if (keys is null || KeyOf(keys, id) is not { } key || !IsSigned(key, signed, signature))
                throw new NotProvedException("it is signed by no key of the registry");
            Subject(server, payload);
            return null;
        }

        using var leaf = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(Text(chain[0], "rawBytes")));
        using var own = leaf.GetECDsaPublicKey() ?? throw new NotProvedException("its certificate has no key of the kind that signs");
        if (!own.VerifyData(signed, Convert.FromBase64String(signature), own.KeySize > 256 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))
            throw new NotProvedException("its signature is not by its certificate");
        var predicate = Subject(server, payload);
        if (!predicate.StartsWith("https://slsa.dev/provenance/", StringComparison.Ordinal))
            return null;
        if (roots is not null && !IsFrom(leaf, chain, roots))
            throw new NotProvedException("its certificate does not come from the configured trust root (Mcp:ProvenanceRoots)");
        var workflow = BuildOf(leaf);
        var repository = ExtensionText(leaf, SourceRepository, isDer: true)
            ?? (ExtensionText(leaf, WorkflowRepository, isDer: false) is { } name ? $"https://github.com/{name}" : null)
            ?? (workflow.IndexOf("/.github/", StringComparison.Ordinal) is > 0 and var at ? workflow[..at] : "");
        return Uri.TryCreate(repository, UriKind.Absolute, out var uri) && uri.Scheme == "https" && repository.Length <= LongestName && repository.All(c => c is > ' ' and <= '~')
            ? (repository, Shown(workflow), roots is not null)
            : throw new NotProvedException("its certificate names no repository");
    }

    // The statement is about this artifact; gives what kind it is (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md).
    private static string Subject(ThirdPartyServer server, byte[] payload)
    {
        var statement = JsonNode.Parse(payload) ?? throw new NotProvedException("it states nothing");
        var digest = Convert.ToHexStringLower(Convert.FromBase64String(server.Digest["sha512-".Length..]));
        var name = $"pkg:npm/{server.Package.Name.Replace("@", "%40", StringComparison.Ordinal)}@{server.Package.Version}";
        return statement["subject"] is JsonArray { Count: 1 } subjects && Text(subjects[0], "name") == name && Text(subjects[0]?["digest"], "sha512") == digest
            ? Text(statement, "predicateType")
            : throw new NotProvedException("it is about another artifact");
    }

    private static bool IsFrom(X509Certificate2 leaf, IReadOnlyList<JsonNode> given, X509Certificate2Collection roots)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(CodeSigning));
        // It lives for minutes; when within them it signed, only the log could say.
        chain.ChainPolicy.VerificationTime = leaf.NotBefore.AddSeconds(1);
        foreach (var root in roots)
            (root.SubjectName.RawData.AsSpan().SequenceEqual(root.IssuerName.RawData) ? chain.ChainPolicy.CustomTrustStore : chain.ChainPolicy.ExtraStore).Add(root);
        foreach (var more in given.Skip(1))
            chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(Convert.FromBase64String(Text(more, "rawBytes"))));
        // Extensions of Fulcio's that no other reader knows are not critical ones.
        return chain.Build(leaf);
    }

    private static string? ExtensionText(X509Certificate2 certificate, string oid, bool isDer) => certificate.Extensions[oid]?.RawData is { } raw
        ? isDer ? new AsnReader(raw, AsnEncodingRules.DER).ReadCharacterString(UniversalTagNumber.UTF8String) : Encoding.UTF8.GetString(raw)
        : null;

    // The address of the workflow that the certificate was given to: the one alternative name that is an address.
    private static string BuildOf(X509Certificate2 certificate)
    {
        if (certificate.Extensions[AlternativeName]?.RawData is not { } raw)
            return "";
        var names = new AsnReader(raw, AsnEncodingRules.DER).ReadSequence();
        var address = new Asn1Tag(TagClass.ContextSpecific, 6);
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(address))
                return names.ReadCharacterString(UniversalTagNumber.IA5String, address);
            names.ReadEncodedValue();
        }

        return "";
    }

    private static JsonNode? KeyOf(JsonObject keys, string id) => (keys["keys"] as JsonArray ?? []).FirstOrDefault(k => id.Length > 0 && Text(k, "keyid") == id);

    private static bool IsSigned(JsonNode key, byte[] message, string signature)
    {
        try
        {
            using var own = ECDsa.Create();
            own.ImportSubjectPublicKeyInfo(Convert.FromBase64String(Text(key, "key")), out _);
            return own.VerifyData(message, Convert.FromBase64String(signature), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return false;
        }
    }

    private static DateTimeOffset? Time(string text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static string Text(JsonNode? node, string member) => node is JsonObject members && members[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static string Shown(string text) => Texts.TextCut.Head(Texts.Invisible.Shown(text).ReplaceLineEndings(" "), LongestName, "…");

    /// <summary>An attestation does not prove what it says; the message says why.</summary>
    private sealed class NotProvedException(string message) : Exception(message);
}
