using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>.NET tools: packages that hold all they need. One may name another package for each platform; both are written down.</summary>
internal sealed class NuGetInstaller : PackageInstaller
{
    private const string Store = "tools/.store";

    public override string Registries => "dotnet";

    public override string Content => "tools";

    // NuGet runs nothing of a tool's package. What it notes about this host, and from where a package came, is no part of the tool.
    public override IEnumerable<string> Steps(string work, ServerPackage package, JsonObject? approved)
    {
        yield return $"dotnet tool install {package.Name} --version '[{package.Version}]' --tool-path {Content} --verbosity quiet && find {Store} \\( -name project.assets.json -o -name .nupkg.metadata \\) -delete";
    }

    public override string? DigestOf(string folder, ServerPackage package)
    {
        var (name, version) = (package.Name.ToLowerInvariant(), package.Version.ToLowerInvariant());
        return Artifacts(folder).Where(a => a.Name == name && a.Version == version).Select(a => a.Digest).SingleOrDefault();
    }

    public override JsonObject DependenciesOf(string folder) => new()
    {
        ["packages"] = new JsonArray([.. Artifacts(folder).Select(a => new JsonObject { ["name"] = a.Name, ["version"] = a.Version, ["digest"] = a.Digest })]),
    };

    public override IEnumerable<(string Name, string Version)> PackagesOf(JsonObject dependencies) =>
        (dependencies["packages"] as JsonArray ?? []).Select(p => (p?["name"]?.GetValue<string>() ?? "", p?["version"]?.GetValue<string>() ?? ""));

    public override ServerProgram Program(string shown, string program) => new([$"{shown}/{Content}/{program}"], new Dictionary<string, string>());

    // NAME/VERSION/NAME.VERSION.nupkg, at any depth.
    private static IEnumerable<(string Name, string Version, string Digest)> Artifacts(string folder)
    {
        var store = Path.Combine(folder, Store);
        if (!Directory.Exists(store))
            yield break;
        foreach (var file in Directory.EnumerateFiles(store, "*.nupkg", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var (version, name) = (Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(file)!)!));
            if (Path.GetFileName(file) != $"{name}.{version}.nupkg")
                continue;
            using var stream = File.OpenRead(file);
            yield return (name, version, "sha512-" + Convert.ToBase64String(SHA512.HashData(stream)));
        }
    }
}
