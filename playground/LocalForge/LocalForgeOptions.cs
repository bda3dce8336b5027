using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Playground.LocalForge;

/// <summary>How to start a <see cref="LocalForgeServer"/>.</summary>
public sealed record LocalForgeOptions
{
    /// <summary>Folder for bare repositories and CI workspaces. Git data stays in it; issues, pull requests and users live in memory.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Port on 127.0.0.1; 0 picks a free one.</summary>
    public int Port { get; init; }

    /// <summary>Whether it is served over TLS, as programs want it that speak to no forge without, <c>gh</c> among them.</summary>
    public bool Tls { get; init; }

    /// <summary>The certificate for <see cref="Tls"/>, in PEM; without it one is made at every start.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The key of <see cref="CertificateFile"/>, in PEM; without it the key is in that file too.</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>Clock of every timestamp.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Whether workflow files of pushed commits are run; false leaves all verdicts to whoever sets statuses.</summary>
    public bool RunsCi { get; init; } = true;

    /// <summary>Where CI jobs run. Without it, and without <see cref="AllowUnsandboxedCi"/>, jobs conclude with <c>failure</c> and say why.</summary>
    public ISandbox? CiSandbox { get; init; }

    /// <summary>Whether a job's output is also written into its check run, for people who read the pages; the runner of GitHub leaves that empty.</summary>
    public bool SummarizesJobs { get; init; } = true;

    /// <summary>Runs CI jobs as plain processes with a cleaned environment when there is no sandbox. Only for code you trust.</summary>
    public bool AllowUnsandboxedCi { get; init; }

    /// <summary>Who must own a CI workspace for the sandbox to write in it; null leaves it to this process's user.</summary>
    public SandboxUser? CiWorkspaceOwner { get; init; } = SandboxUser.ForThisProcess;

    /// <summary>Limits of one CI step.</summary>
    public SandboxLimits CiLimits { get; init; } = SandboxLimits.Default;

    /// <summary>Longest wait between two attempts to deliver a webhook while the receiver is down.</summary>
    public TimeSpan WebhookRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether a webhook that gets no answer, or one of the receiver's failure, is not tried again, as GitHub does it.</summary>
    public bool GivesUpWebhooks { get; init; }

    /// <summary>Receives one line per served API call, push, delivery and CI job; null keeps the server silent.</summary>
    public Action<string>? Log { get; init; }
}
