using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ModelContextProtocol.Protocol;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>
/// The lock file: what the operator approved of each server. It is to be kept under version control; whatever differs from it is not used.
/// </summary>
public static class ToolLock
{
    private const int LargestFile = 32 << 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 64 };

    /// <summary>Reads the file; one that is not there has approved nothing.</summary>
    /// <exception cref="ThirdPartyException">It cannot be read.</exception>
    public static IReadOnlyDictionary<string, ApprovedServer> Read(string path)
    {
        try
        {
            if (!File.Exists(path)) return new Dictionary<string, ApprovedServer>();
            if (new FileInfo(path).Length > LargestFile) throw new ThirdPartyException($"{path} is larger than {LargestFile >> 20} MB, and no lock file of MCP servers.");
            return JsonSerializer.Deserialize<Dictionary<string, ApprovedServer>>(File.ReadAllText(path), Json) is { } read && read.Values.All(s => s is { Package: not null, Digest: not null, Tree: not null, Tools: not null, Dependencies: not null } && s.Tools.All(t => t is { Name: not null, Description: not null }))
                ? read
                : throw new JsonException("a part is missing");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ThirdPartyException($"{path}, the lock file of MCP servers, cannot be read: {e.Message.ReplaceLineEndings(" ")} Restore it from version control.", e);
        }
    }

    /// <summary>Puts one server's approval into the file.</summary>
    public static void Write(string path, string name, ApprovedServer approved)
    {
        var all = new SortedDictionary<string, ApprovedServer>(Read(path).ToDictionary(), StringComparer.Ordinal) { [name] = approved };
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        var draft = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        File.WriteAllText(draft, JsonSerializer.Serialize(all, Json) + "\n");
        File.Move(draft, path, overwrite: true);
    }

    /// <summary>
    /// What a server says it has, in the one form that is compared: names, descriptions and schemas. Its hints and titles are left out, for
    /// nothing here believes or shows them.
    /// </summary>
    /// <exception cref="ThirdPartyException">A name comes twice or is none, or there is too much.</exception>
    public static IReadOnlyList<ApprovedTool> Of(IEnumerable<Tool> tools)
    {
        var approved = tools.Select(t => new ApprovedTool(t.Name, t.Description ?? "", Canonical(JsonNode.Parse(t.InputSchema.GetRawText())) as JsonObject ?? [])).OrderBy(t => t.Name, StringComparer.Ordinal).ToList();
        if (approved.Count > 200) throw new ThirdPartyException("it has more than 200 tools");
        if (approved.Find(t => t.Name.Length is 0 or > 100 || t.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))) is { }) throw new ThirdPartyException("a tool's name is not made of letters, digits, '_', '-' and '.'");
        if (approved.GroupBy(t => t.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new ThirdPartyException($"two of its tools are called {twice.Key}");
        return approved;
    }

    /// <summary>What differs, in words; null when nothing does.</summary>
    /// <param name="approved">What was approved.</param>
    /// <param name="there">What is there.</param>
    public static string? Difference(IReadOnlyList<ApprovedTool> approved, IReadOnlyList<ApprovedTool> there)
    {
        var (old, now) = (approved.ToDictionary(t => t.Name, StringComparer.Ordinal), there.ToDictionary(t => t.Name, StringComparer.Ordinal));
        List<string> words =
        [
            .. now.Keys.Except(old.Keys).Order(StringComparer.Ordinal).Select(n => $"{n} is new"),
            .. old.Keys.Except(now.Keys).Order(StringComparer.Ordinal).Select(n => $"{n} is gone"),
            .. old.Where(o => now.TryGetValue(o.Key, out var n) && n.Description != o.Value.Description).Select(o => $"{o.Key} has another description"),
            .. old.Where(o => now.TryGetValue(o.Key, out var n) && Text(n) != Text(o.Value)).Select(o => $"{o.Key} takes other arguments"),
        ];
        return words.Count == 0 ? null : string.Join(", ", words.Take(10)) + (words.Count > 10 ? $" and {words.Count - 10} more" : "");
    }

    /// <summary>A digest over all of it, for people to compare.</summary>
    public static string DigestOf(IEnumerable<ApprovedTool> tools) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(tools.Select(t => $"{t.Name.Length}:{t.Name}{t.Description.Length}:{t.Description}{Text(t)}\n")))));

    private static string Text(ApprovedTool tool) => Canonical(tool.InputSchema)!.ToJsonString();

    // The order of an object's members says nothing; that of an array does.
    private static JsonNode? Canonical(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Canonical(m.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Canonical)]),
        _ => node?.DeepClone(),
    };
}

/// <summary>What was approved of a server.</summary>
/// <param name="Package">The package, as it was set.</param>
/// <param name="Digest">Digest of its artifact.</param>
/// <param name="Tree">Digest over all installed files, dependencies included.</param>
/// <param name="ToolsDigest">Digest over <paramref name="Tools"/>, for people.</param>
/// <param name="Tools">All its tools, in order of their names.</param>
/// <param name="Dependencies">All packages with their digests: npm's own lock file, or a list. Another machine installs the same by it.</param>
public sealed record ApprovedServer(string Package, string Digest, string Tree, string ToolsDigest, IReadOnlyList<ApprovedTool> Tools, JsonObject Dependencies)
{
    /// <summary>Who signed it and what it was built from, as far as its registry said; null where that said nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ApprovedProvenance? Provenance { get; init; }
}

/// <summary>What of a package's provenance was verified when it was approved: later versions must not have less.</summary>
/// <param name="SignedBy">Id of the registry's key that signed it; empty for none.</param>
/// <param name="Repository">Address of the repository that its attestation's certificate names; empty for no attestation.</param>
/// <param name="Workflow">The build that its certificate names, with the commit or branch it ran on.</param>
/// <param name="IsAnchored">The certificate was held against the operator's trust root.</param>
public sealed record ApprovedProvenance(string SignedBy, string Repository, string Workflow, bool IsAnchored);

/// <summary>One tool as it was approved.</summary>
/// <param name="Name">Its own name.</param>
/// <param name="Description">Its words; untrusted.</param>
/// <param name="InputSchema">Its arguments.</param>
public sealed record ApprovedTool(string Name, string Description, JsonObject InputSchema);
