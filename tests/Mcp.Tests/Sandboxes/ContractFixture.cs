using System.Reflection;
using CodingAgent.Mcp.Sandboxes;
using Xunit.Sdk;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>A sandbox of either kind over a workspace of its own.</summary>
internal sealed class ContractFixture : IDisposable
{
    private readonly ScratchFolder _root = new();

    public ContractFixture(SandboxKind kind, ISandbox? sandbox = null)
    {
        Sandbox = sandbox ?? (kind == SandboxKind.Docker ? new DockerSandbox(TestEngine.Engine, TestEngine.Image) : new BubblewrapSandbox(new BubblewrapOptions(), TimeProvider.System));
        Workspace = NewFolder("ws");
    }

    public static SandboxLimits Limits => SandboxFixture.Limits;

    public ISandbox Sandbox { get; }

    public string Workspace { get; }

    /// <summary>A host folder that belongs to the sandbox's user.</summary>
    public string NewFolder(string name)
    {
        var path = Directory.CreateDirectory(_root[name]).FullName;
        SandboxFixture.Own(path);
        return path;
    }

    public SandboxCommand Line(string line) => SandboxCommand.Shell(line, Workspace, Limits);

    public Task<SandboxResult> RunAsync(SandboxCommand command) => Sandbox.RunAsync(command, CancellationToken.None);

    public Task<SandboxResult> ShellAsync(string line, SandboxLimits? limits = null) => RunAsync(Line(line) with { Limits = limits ?? Limits });

    public Task<string> OutputAsync(string line) => OutputAsync(Line(line));

    public async Task<string> OutputAsync(SandboxCommand command)
    {
        var result = await RunAsync(command);
        result.Succeeded.ShouldBeTrue($"{command.Argv[^1]}: {result}");
        return result.StandardOutput.TrimEnd('\n');
    }

    public void Dispose()
    {
        // As root nothing in it is closed to us, and as anybody else all of it is ours.
        _root.Dispose();
    }
}

/// <summary>The sandboxes that the contract holds for.</summary>
public enum SandboxKind
{
    Bubblewrap,
    Docker,
}

/// <summary>The case of a theory that runs in bubblewrap.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class InBubblewrapAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[SandboxKind.Bubblewrap]];
}

/// <summary>The case of a theory that runs in a container; skipped, saying why, where there is no Docker Engine.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class InDockerAttribute : DataAttribute
{
    public InDockerAttribute() => Skip = TestEngine.Problem;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[SandboxKind.Docker]];
}
