using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>pip, from wheels alone. What it resolves is written down with the digest of each wheel, and only that is installed.</summary>
internal sealed class PyPIInstaller : PackageInstaller
{
    private const string Lock = "dependencies.json";
    private const string Requirements = "requirements.txt";
    private const string Report = "report.json";
    private const int LargestReport = 32 << 20;
    private const int MostPackages = 1_000;

    // A wheel may ask for an archive of sources by its address, and --only-binary is not about addresses: pip would run that archive's program to ask it for its
    // name. Whatever pip builds with it starts by sys.executable.
    private const string Resolve =
        "python3 -c \"import runpy, sys; sys.executable = '/bin/false'; runpy.run_module('pip', run_name='__main__', alter_sys=True)\" install --dry-run --ignore-installed --report " + Report;

    private const string Common = " --only-binary :all: --no-cache-dir --no-input --disable-pip-version-check --quiet";

    public override string Registries => "python";

    public override string Content => "site";

    public override IEnumerable<string> Steps(string work, ServerPackage package, JsonObject? approved)
    {
        if (approved is null)
        {
            yield return $"{Resolve}{Common} {package.Name}=={package.Version}";
            approved = Resolved(Path.Combine(work, Report), package);
        }

        var lines = new StringBuilder();
        foreach (var (name, version, digest) in Entries(approved))
        {
            // Written by whoever may write to the lock file, so read like any other text.
            if (!ServerPackage.Parse($"pypi:{name}=={version}").TakesDigest(digest))
                throw new ThirdPartyException($"nothing gives the SHA-256 of {name} {version}; the index should, as its links' fragment");
            lines.Append(name).Append("==").Append(version).Append(" --hash=").Append(digest).Append('\n');
        }

        File.WriteAllText(Path.Combine(work, Requirements), lines.ToString());
        File.WriteAllText(Path.Combine(work, Lock), approved.ToJsonString());
        // Compiled files hold times, and would differ with each installation.
        yield return $"python3 -m pip install --target {Content} --no-deps --no-compile --require-hashes{Common} -r {Requirements} --root-user-action ignore";
    }

    public override string? DigestOf(string folder, ServerPackage package)
    {
        try
        {
            return Entries(DependenciesOf(folder)).Where(e => e.Name == package.Name && e.Version == package.Version).Select(e => e.Digest).SingleOrDefault();
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public override JsonObject DependenciesOf(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, Lock)))!.AsObject();

    public override IEnumerable<(string Name, string Version)> PackagesOf(JsonObject dependencies) => Entries(dependencies).Select(e => (e.Name, e.Version));

    // By the interpreter, not by the first line of the script, which names that of whoever installed it.
    public override ServerProgram Program(string shown, string program) => new(
        ["python3", $"{shown}/{Content}/bin/{program}"], new Dictionary<string, string> { ["PYTHONPATH"] = $"{shown}/{Content}", ["PYTHONDONTWRITEBYTECODE"] = "1", ["PYTHONUNBUFFERED"] = "1" });

    private static IEnumerable<(string Name, string Version, string Digest)> Entries(JsonObject dependencies) =>
        (dependencies["packages"] as JsonArray ?? []).Select(p => (Text(p, "name"), Text(p, "version"), Text(p, "digest")));

    // https://pip.pypa.io/en/stable/reference/installation-report
    private static JsonObject Resolved(string report, ServerPackage package)
    {
        if (new FileInfo(report) is not { Exists: true, Length: < LargestReport })
            throw new ThirdPartyException("pip did not say what it would install; pip 22.2 or later is needed");
        try
        {
            var found = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
            foreach (var item in JsonNode.Parse(File.ReadAllText(report))?["install"] as JsonArray ?? [])
            {
                var (name, version) = (ServerPackage.NormalisedPyPI(Text(item?["metadata"], "name")), Text(item?["metadata"], "version"));
                var url = Text(item?["download_info"], "url");
                if (item?["is_direct"]?.GetValue<bool>() != false || !url.Split('#', '?')[0].EndsWith(".whl", StringComparison.Ordinal))
                    throw new ThirdPartyException($"{name} {version} is no wheel of an index");
                found[name] = new JsonObject { ["name"] = name, ["version"] = version, ["digest"] = DigestIn(item["download_info"]?["archive_info"]) };
            }

            return found.Count <= MostPackages && found.ContainsKey(package.Name)
                ? new JsonObject { ["packages"] = new JsonArray([.. found.Values]) }
                : throw new ThirdPartyException($"pip would install {found.Count} packages for it");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ThirdPartyException("pip's report cannot be read", e);
        }
    }

    // pip before 23.1 has the one older member where the index gave no digest (https://github.com/pypa/pip/issues/11948).
    private static string DigestIn(JsonNode? archive)
    {
        var older = Text(archive, "hash");
        return $"sha256:{(Text(archive?["hashes"], "sha256") is { Length: > 0 } digest ? digest : older.StartsWith("sha256=", StringComparison.Ordinal) ? older["sha256=".Length..] : "")}";
    }

    private static string Text(JsonNode? node, string member) => node?[member]?.GetValue<string>() ?? "";
}
