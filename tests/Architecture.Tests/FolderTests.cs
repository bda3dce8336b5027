using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using ArchUnitNET.Loader;

namespace CodingAgent.Architecture.Tests;

/// <summary>
/// The direction of folders inside each project, read from the compiled code, so that a relative name or a <c>var</c> hides nothing. What many
/// folders need lies in a leaf folder. ArchUnitNET gives the dependencies; the cycles are looked for here, because its slices leave
/// sub-namespaces out (its issues 208 and 468).
/// </summary>
public sealed class FolderTests
{
    private static readonly string[] Projects = ["Mcp", "Agents", "Forges", "Workflows", "Storage", "BotHost"];

    private static readonly ArchUnitNET.Domain.Architecture Product =
        new ArchLoader().LoadAssemblies([.. Projects.Select(p => System.Reflection.Assembly.Load(p == "BotHost" ? "codingagent" : $"CodingAgent.{p}"))]).Build();

    // Folder to the folders it uses, with one example each.
    private static readonly Dictionary<string, Dictionary<string, string>> Uses = Product.Types
        .Where(t => FolderOf(t) is not null)
        .SelectMany(t => t.Dependencies.Select(d => (From: FolderOf(t)!, To: FolderOf(d.Target), Example: $"{t.FullName} uses {d.Target.FullName}")))
        .Where(e => e.To is not null && e.To != e.From)
        .GroupBy(e => e.From, StringComparer.Ordinal)
        .ToDictionary(
            g => g.Key,
            g => g.GroupBy(e => e.To!, StringComparer.Ordinal).ToDictionary(t => t.Key, t => t.First().Example, StringComparer.Ordinal),
            StringComparer.Ordinal);

    public static TheoryData<string> EachProject { get; } = [.. Projects];

    [Theory]
    [MemberData(nameof(EachProject))]
    public void Folders_OfAProject_FormNoCircle(string project)
    {
        var inside = Uses.Keys.Where(f => ProjectOf(f) == project).ToArray();
        inside.ShouldNotBeEmpty();
        foreach (var folder in inside)
        {
            foreach (var (used, example) in Uses[folder].Where(u => ProjectOf(u.Key) == project))
            {
                var back = Uses.GetValueOrDefault(used)?.GetValueOrDefault(folder) ?? "another folder";
                Reaches(used, folder, project).ShouldBeFalse($"{folder} and {used} use each other: {example}; back by {back}");
            }
        }
    }

    [Theory]
    [InlineData("Workflows.Commands", "Agents.Tools", "Mcp.Texts", "Workflows.Flows")]
    [InlineData("Workflows.Comments", "Agents", "Agents.Cohort", "Forges", "Mcp.Texts", "Workflows.Commands", "Workflows.Policy", "Workflows.Secrets", "Workflows.Tasks")]
    [InlineData("Workflows.Gates", "Agents.Cohort", "Forges", "Mcp.Git", "Mcp.Texts", "Workflows.Comments", "Workflows.Policy", "Workflows.Secrets", "Workflows.Tasks")]
    [InlineData("Workflows.Policy", "Agents.Tools", "Forges", "Mcp.Egress", "Mcp.Images", "Mcp.Patterns", "Mcp.Texts", "Workflows.Flows", "Workflows.Secrets")]
    [InlineData("Workflows.Detection", "Mcp.Texts", "Workflows.Policy")]
    public void PureFolder_Uses_PureFoldersOnly(string folder, params string[] allowed) => Uses[folder].Keys.Except(allowed).ShouldBeEmpty();

    [Fact]
    public void Routing_ReadsThroughPorts_InItsLoaderAlone() =>
        Product.Types.Where(t => FolderOf(t) == "Workflows.Routing" && t.Dependencies.Any(d => FolderOf(d.Target) == "Workflows.Ports"))
            .Select(t => t.FullName.Split('+', '/')[0].Split('.')[^1]).Distinct().ShouldBe(["RoutingFactsLoader"]);

    [Theory]
    [InlineData("Workflows.Ci")]
    [InlineData("Workflows.Commands")]
    [InlineData("Workflows.Comments")]
    [InlineData("Workflows.Detection")]
    [InlineData("Workflows.Flows")]
    [InlineData("Workflows.Gates")]
    [InlineData("Workflows.Policy")]
    [InlineData("Workflows.Routing")]
    [InlineData("Workflows.Secrets")]
    [InlineData("Workflows.Tasks")]
    public void PureFolder_Code_DoesNoIo(string folder)
    {
        // HttpStatusCode is a word of the forge port's, not a call. StringReader reads a string, WebUtility writes one.
        string[] banned =
        [
            "System.IO.", "System.Net.", "System.Diagnostics.", "Microsoft.Data.", "Temporalio.", "System.TimeProvider", "System.Random", "System.Environment",
            "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow", "System.Guid.NewGuid",
        ];
        string[] harmless =
            ["System.Net.HttpStatusCode", "System.Net.WebUtility.", "System.IO.StringReader", "System.IO.TextReader", "System.Diagnostics.CodeAnalysis.", "System.Diagnostics.Debugger"];
        var used = Product.Types.Where(t => FolderOf(t) == folder).SelectMany(t => t.Dependencies)
            .Select(d => d is MethodCallDependency call ? $"{d.Target.FullName}.{call.TargetMember.Name}" : d.Target.FullName).ToHashSet(StringComparer.Ordinal);

        used.ShouldNotBeEmpty();
        used.Where(u => Array.Exists(banned, b => u.StartsWith(b, StringComparison.Ordinal)))
            .Where(u => !Array.Exists(harmless, h => u.StartsWith(h, StringComparison.Ordinal))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Forges.GitHub")]
    [InlineData("Forges.GitLab")]
    public void OneForge_IsNamed_ByItsOwnFolderAndTheStartUpAlone(string forge)
    {
        // Everything else speaks to a forge through its port, so that another forge is another folder.
        var named = Uses.Where(u => u.Value.ContainsKey(forge)).Select(u => u.Key).ToArray();

        named.ShouldNotBeEmpty();
        named.Where(f => ProjectOf(f) != "BotHost" && !f.StartsWith(forge, StringComparison.Ordinal)).ShouldBeEmpty();
        named.Intersect(["BotHost.Api", "BotHost.Web"]).ShouldBeEmpty();
    }

    private static bool Reaches(string from, string to, string project)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var next = new Stack<string>([from]);
        while (next.TryPop(out var folder))
        {
            if (folder == to)
                return true;
            if (!seen.Add(folder) || !Uses.TryGetValue(folder, out var used))
                continue;
            foreach (var step in used.Keys.Where(u => ProjectOf(u) == project))
                next.Push(step);
        }

        return false;
    }

    // "Workflows.Tasks" for CodingAgent.Workflows.Tasks.TaskId and all that is nested in it; null for what is not ours.
    private static string? FolderOf(IType type)
    {
        var name = type.FullName.Split('+', '/', '<')[0];
        return name.StartsWith("CodingAgent.", StringComparison.Ordinal) && name.LastIndexOf('.') is var dot and > 11 && Projects.Contains(name.Split('.')[1])
            ? name["CodingAgent.".Length..dot]
            : null;
    }

    private static string ProjectOf(string folder) => folder.Split('.')[0];
}
