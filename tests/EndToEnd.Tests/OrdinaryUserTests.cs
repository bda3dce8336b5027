using System.Diagnostics;
using CodingAgent.Mcp.Files;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>The demo's story with a service that has no rights: workspaces and commands live in user namespaces.</summary>
public sealed class OrdinaryUserTests
{
    // Set-up leaves something in the workspace and in HOME, and every check must find both.
    private static readonly string Policy = ShellSample.Policy.Replace(
        $"run: {ShellSample.CheckCommand}", $"run: 'test \"$(cat deps/installed ~/cache)\" = \"$(printf \"a\\nb\")\" && {ShellSample.CheckCommand}'", StringComparison.Ordinal)
        + "setup: [\"mkdir deps && echo a > deps/installed && echo b > ~/cache\"]\n";

    // The story itself is StoryTests'; what is special here are the walls, which Mcp.Tests try one by one.
    [OrdinaryUserFact]
    [Trait("Category", "Long")]
    public async Task LabelledIssue_ServiceOfAnOrdinaryUser_KilledOnTheWay_IsMergedWithNothingDoubled()
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
        try
        {
            ShellSample.WriteTo(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, ".github/coding-agent.yml"), Policy);
            await using var stage = await Stage.BuildAsync(new StageOptions { RepositoryFolder = folder, ServiceUser = OrdinaryUserFactAttribute.User }, CancellationToken.None);

            (await new Story(stage, Ticket.ThreeNumbers, Narrator.OnConsole()).RunAsync(CancellationToken.None)).ShouldBeTrue("the count at the end of the printed story says what was doubled");

            var log = await File.ReadAllTextAsync(Path.Combine(stage.LogDirectory, "all.log"));
            log.ShouldContain("Workspaces: layers joined by overlayfs, each in a user namespace of its own");
            log.ShouldContain("commands run as this service's own user, in a user namespace");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>A test of a service that is nobody special; skipped, saying why, where such a user cannot make what it needs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OrdinaryUserFactAttribute : FactAttribute
{
    /// <summary>Somebody without an account; null where this process has no rights itself.</summary>
    public static readonly SandboxUser? User = Environment.UserName == "root" ? new SandboxUser(64400, 64400) : null;

    private static readonly Lazy<string?> Problem = new(() =>
        !Succeeds("unshare", "-Urm", "/bin/true") ? "An ordinary user may not make user namespaces here."
        : !Succeeds("dotnet", Path.Combine(AppContext.BaseDirectory, "codingagent.dll"), "--version") ? "The service's program, or dotnet, is closed to other users here."
        : null);

    public OrdinaryUserFactAttribute() => Skip = Problem.Value;

    private static bool Succeeds(params string[] command)
    {
        string[] line = [.. BotProcess.As(User), .. command];
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        _ = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
