using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Mcp.Egress;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>
/// Asks npm's registry, or its mirror, who signed a package and what it was built from, and verifies that (<see cref="NpmProvenance"/>). It speaks to the
/// registry alone, by the rules of the egress proxy; what the registry answers is untrusted until it is verified.
/// </summary>
public sealed class ProvenanceReader
{
    // Whole documents of packages with thousands of versions are tens of megabytes.
    private const int LargestAnswer = 96 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly EgressOptions _egress;
    private readonly RegistrySettings _settings;
    private readonly X509Certificate2Collection? _roots;
    private readonly TimeProvider _time;

    /// <summary>Asks nobody yet.</summary>
    /// <param name="egress">The way out: ranges, proxy in front, certificates.</param>
    /// <param name="settings">Which registry is asked.</param>
    /// <param name="roots">PEM file with the authorities that certificates of attestations must come from; null where none is named.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="ThirdPartyException">The PEM file cannot be read, or holds no certificate.</exception>
    public ProvenanceReader(EgressOptions egress, RegistrySettings settings, string? roots, TimeProvider time)
    {
        (_egress, _settings, _time) = (egress, settings, time);
        if (roots is null)
            return;
        _roots = [];
        try
        {
            _roots.ImportFromPemFile(roots);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new ThirdPartyException($"{roots} cannot be read as a PEM file of certificates", e);
        }

        if (_roots.Count == 0)
            throw new ThirdPartyException($"{roots} holds no certificate");
    }

    /// <summary>What can be said of a server's package.</summary>
    public async Task<Provenance> ReadAsync(ThirdPartyServer server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        var package = server.Package;
        if (package.Source != PackageSource.Npm)
            return Provenance.Nothing($"signatures and attestations of {(package.Source == PackageSource.PyPI ? "PyPI" : "NuGet")} are not verified; the digest says that the artifact is the one that was set");
        var registry = _settings.NpmOf(package.Name);
        using var limit = new CancellationTokenSource(Limit, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var egress = _egress with { Allowed = [HostRule.Parse(registry.IsDefaultPort ? registry.IdnHost : $"{registry.IdnHost}:{registry.Port}")] };
            using var http = new HttpClient(EgressClient.Handler(egress, new EgressPolicy(egress), _time)) { Timeout = Timeout.InfiniteTimeSpan };
            // The whole document: some mirrors keep signatures there, and leave them out of that of a version.
            var name = package.Name.Replace("/", "%2f", StringComparison.Ordinal);
            if (await GetAsync(http, registry, name, stop.Token) is not { } document)
                return Provenance.Nothing("the registry has no document of the package");
            var dist = document["versions"]?[package.Version]?["dist"];
            var keys = dist?["signatures"] is null && dist?["attestations"] is null ? null : await GetAsync(http, registry, "-/npm/v1/keys", stop.Token);
            var attestations = dist?["attestations"] is null ? null : await GetAsync(http, registry, $"-/npm/v1/attestations/{name}@{package.Version}", stop.Token);
            return NpmProvenance.Verify(server, document, keys, attestations, _roots);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or AuthenticationException or EgressRefusedException || (e is OperationCanceledException && limit.IsCancellationRequested))
        {
            return Provenance.Nothing($"{registry.IdnHost} cannot be asked") with { WasAsked = false };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or InvalidDataException or FormatException)
        {
            return Provenance.Wrong($"{registry.IdnHost} answers with what cannot be read");
        }
    }

    // Registries without keys or attestations answer 404, some 400.
    private static async Task<JsonObject?> GetAsync(HttpClient http, Uri registry, string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(registry.AbsoluteUri + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
            return null;
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using var kept = new MemoryStream();
        var chunk = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (kept.Length + read > LargestAnswer)
                throw new InvalidDataException("The answer is too large.");
            kept.Write(chunk, 0, read);
        }

        return JsonNode.Parse(kept.ToArray()) as JsonObject ?? throw new InvalidDataException("The answer is no object.");
    }
}

/// <summary>What is known of a package's provenance.</summary>
/// <param name="Given">What was verified; null where nothing was given.</param>
/// <param name="Problems">What is wrong, a line each: the package is not to be used.</param>
/// <param name="Notes">What people should know, a line each: also what was not verified.</param>
public sealed record Provenance(ApprovedProvenance? Given, IReadOnlyList<string> Problems, IReadOnlyList<string> Notes)
{
    /// <summary>False when the registry did not answer: that accuses nobody.</summary>
    public bool WasAsked { get; init; } = true;

    /// <summary>Nothing is given.</summary>
    public static Provenance Nothing(string why) => new(null, [], [why]);

    /// <summary>What is given is wrong.</summary>
    public static Provenance Wrong(string why) => new(null, [why], []);

    /// <summary>This, where an earlier approval had what is said: a later version must not have less, or come from elsewhere.</summary>
    /// <param name="before">What was approved.</param>
    /// <param name="lockFile">Where that stands, for people.</param>
    public Provenance After(ApprovedProvenance before, string lockFile)
    {
        ArgumentNullException.ThrowIfNull(before);
        if (!WasAsked)
            return this;
        var problems = new List<string>(Problems);
        if (before.Repository.Length > 0 && Given?.Repository != before.Repository)
            problems.Add($"it was approved as built from {before.Repository}, and now {(Given is { Repository.Length: > 0 } now ? $"says {now.Repository}" : "nothing says what it is built from")}");
        if (before.SignedBy.Length > 0 && Given is not { SignedBy.Length: > 0 })
            problems.Add("it was approved with the registry's signature, and now has none");
        if (problems.Count > Problems.Count)
            problems[^1] += $". If that is as it should be, take the server out of {lockFile} and approve it anew";
        return this with { Problems = problems };
    }
}
