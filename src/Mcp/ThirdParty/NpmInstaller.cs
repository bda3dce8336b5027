using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>npm, whose own lock file has the digests of all packages.</summary>
internal sealed class NpmInstaller : PackageInstaller
{
    private const string Lock = "package-lock.json";

    public override string Registries => "node";

    public override string Content => "node_modules";

    public override IEnumerable<string> Steps(string work, ServerPackage package, JsonObject? approved)
    {
        var manifest = new JsonObject { ["private"] = true, ["dependencies"] = new JsonObject { [package.Name] = package.Version } };
        File.WriteAllText(Path.Combine(work, "package.json"), manifest.ToJsonString());
        if (approved is not null)
            File.WriteAllText(Path.Combine(work, Lock), approved.ToJsonString());
        // Nothing of the package runs: no script, and no hook of a git dependency, which would want git.
        yield return $"npm {(approved is null ? "install" : "ci")} --ignore-scripts --no-audit --no-fund --omit=dev --loglevel=error";
    }

    // As npm wrote it down after it had compared it with what it downloaded.
    public override string? DigestOf(string folder, ServerPackage package)
    {
        try
        {
            var entry = DependenciesOf(folder)["packages"]?[$"node_modules/{package.Name}"];
            return entry?["version"]?.GetValue<string>() == package.Version ? entry["integrity"]?.GetValue<string>() : null;
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public override JsonObject DependenciesOf(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, Lock)))!.AsObject();

    public override IEnumerable<(string Name, string Version)> PackagesOf(JsonObject dependencies) =>
        (dependencies["packages"] as JsonObject ?? []).Where(p => p.Key.Contains("node_modules/", StringComparison.Ordinal))
            .Select(p => (p.Value?["name"]?.GetValue<string>() ?? p.Key[(p.Key.LastIndexOf("node_modules/", StringComparison.Ordinal) + 13)..], p.Value?["version"]?.GetValue<string>() ?? ""));

    public override ServerProgram Program(string shown, string program) => new([$"{shown}/node_modules/.bin/{program}"], new Dictionary<string, string>());
}
