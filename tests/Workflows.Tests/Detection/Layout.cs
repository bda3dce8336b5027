using CodingAgent.Mcp.Egress;
using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Tests.Detection;

/// <summary>A made-up repository: path to text.</summary>
internal sealed class Layout : Dictionary<string, string>
{
    public Layout()
        : base(StringComparer.Ordinal)
    {
    }

    public static ToolchainNames Host { get; } = new(new Dictionary<string, IReadOnlyList<string>>
    {
        ["dotnet"] = ["10.0.401"],
        ["node"] = ["22.1.0"],
        ["npm"] = ["10.0.0"],
        ["python3"] = ["3.11.2", "3.12.1"],
        ["go"] = ["1.24.1"],
        ["cargo"] = ["1.90.0"],
        ["java"] = ["21.0.1"],
        ["mvn"] = ["3.9.9"],
        ["ruby"] = ["3.3.0"],
        ["bundle"] = ["2.5.0"],
        ["php"] = ["8.3.0"],
        ["composer"] = ["2.7.0"],
        ["make"] = ["4.4"],
        ["cmake"] = ["3.28.1"],
        ["meson"] = ["1.4.0"],
        ["bash"] = ["5.2"],
    });

    public ProjectDetection Detect(ToolchainNames? tools = null)
    {
        var found = ProjectDetector.Detect(
            [.. this.Select(f => new DetectedFile(f.Key, $"{f.Value.GetHashCode(StringComparison.Ordinal):x}", f.Value.Length))], p => this.GetValueOrDefault(p), tools ?? Host);
        // Whatever is found, the table has its hosts.
        found.Setup.ShouldAllBe(s => s.Registries != null && RegistryHosts.ByEcosystem.ContainsKey(s.Registries));
        return found;
    }
}
