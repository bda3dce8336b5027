using CodingAgent.Mcp.Files;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Playground.Demo;

/// <summary>What a <see cref="Stage"/> is built for.</summary>
public sealed record StageOptions
{
    /// <summary>Whose face of the forge the service works with.</summary>
    public DemoForge Forge { get; init; }

    /// <summary>Files of the first repository's first commit; null begins without a repository.</summary>
    public string? RepositoryFolder { get; init; }

    /// <summary>Key of a real model; null or empty for the scripted one.</summary>
    public string? RealKey { get; init; }

    /// <summary><c>host:port</c> of a Temporal server that is already there; null for the service's own.</summary>
    public string? Temporal { get; init; }

    /// <summary>Namespace there; null for the default.</summary>
    public string? TemporalNamespace { get; init; }

    /// <summary>Changes the scripted model plays on repositories that are added later.</summary>
    public IReadOnlyList<ReferenceChange> References { get; init; } = [];

    /// <summary>Whether the service acts as an App, whose tokens the forge holds to what each allows, and not as an account.</summary>
    public bool IsApp { get; init; }

    /// <summary>Whether the forge runs the workflow files of pushed commits.</summary>
    public bool RunsCi { get; init; } = true;

    /// <summary>Whom the service's processes run as, which takes root; null for this process's user.</summary>
    public SandboxUser? ServiceUser { get; init; }
}

/// <summary>Whose face a forge shows.</summary>
public enum DemoForge
{
    /// <summary>GitHub's.</summary>
    GitHub,

    /// <summary>GitLab's.</summary>
    GitLab,
}
