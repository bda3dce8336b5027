using System.Globalization;
using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>The local Docker Engine: whether containers can run there, and the one way it is asked. Shared by all its sandboxes.</summary>
public sealed class DockerEngine : IDisposable
{
    private readonly DockerClient _client;
    private readonly Lazy<Task<DockerReport>> _report;

    /// <summary>Asks nothing yet; the first command or <see cref="InspectAsync"/> does.</summary>
    public DockerEngine(DockerOptions options, TimeProvider time)
    {
        Options = options;
        Time = time;
        _client = new DockerClientBuilder().WithEndpoint(new Uri($"unix://{options.SocketPath}")).WithTimeout(Timeout.InfiniteTimeSpan).Build();
        _report = new Lazy<Task<DockerReport>>(LookAsync);
        Images = new DockerImages(this);
    }

    internal DockerOptions Options { get; }

    internal TimeProvider Time { get; }

    internal DockerImages Images { get; }

    /// <summary>True for an Engine that runs as this service's own user, whose root is that user.</summary>
    internal bool IsRootless { get; private set; }

    /// <summary>True where the Engine's kernel mounts overlays of folders for it; else layers are copied.</summary>
    internal bool CanMountOverlay { get; private set; }

    /// <summary>Containers' security option for the system call filter; null for the Engine's own.</summary>
    internal string? SystemCallOption { get; private set; }

    /// <summary>Processors the Engine has; it refuses a container that asks for more.</summary>
    internal long Processors { get; private set; } = 1;

    /// <summary>Says what the Engine is and can limit; never throws. Removes containers that an earlier service left behind.</summary>
    public Task<DockerReport> InspectAsync() => _report.Value;

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    /// <summary>Fails unless containers can run.</summary>
    /// <exception cref="SandboxUnavailableException">They cannot; the message says why.</exception>
    internal async Task RequireAsync(CancellationToken cancellationToken)
    {
        var report = await _report.Value.WaitAsync(cancellationToken);
        if (report.Problem is not null) throw new SandboxUnavailableException(report.Problem);
    }

    /// <summary>Asks the Engine; what it refuses, or that it is away, becomes one clear line.</summary>
    /// <param name="what">What is asked, as the object of "the Docker Engine could not …".</param>
    /// <param name="ask">The call.</param>
    /// <param name="patience">How long it may take; null without end.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="SandboxUnavailableException">The Engine refused or is away.</exception>
    internal async Task<T> AskAsync<T>(string what, Func<DockerClient, CancellationToken, Task<T>> ask, TimeSpan? patience, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience ?? Timeout.InfiniteTimeSpan, Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await ask(_client, stop.Token);
        }
        catch (Exception e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SandboxUnavailableException($"The Docker Engine could not {what}: no answer in {patience?.TotalSeconds:0} s.", e);
        }
        catch (DockerApiException e)
        {
            throw new SandboxUnavailableException($"The Docker Engine could not {what}: {DockerWords.Of(e)}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or TimeoutException)
        {
            throw new SandboxUnavailableException($"The Docker Engine could not {what}: {DockerWords.Away(e, Options.SocketPath)}", e);
        }
    }

    private async Task<DockerReport> LookAsync()
    {
        try
        {
            var info = await AskAsync("describe itself", (c, ct) => c.System.GetSystemInfoAsync(ct), TimeSpan.FromSeconds(20), CancellationToken.None);
            IsRootless = Has(info, "rootless");
            Processors = Math.Max(1, info.NCPU);
            SystemCallOption = DockerSystemCalls.OptionFor(info.ServerVersion, isConfined: !Seccomp(info)?.Contains("unconfined", StringComparison.Ordinal) ?? false);
            CanMountOverlay = File.Exists("/proc/filesystems") && File.ReadLines("/proc/filesystems").Any(l => l.EndsWith("\toverlay", StringComparison.Ordinal));
            var words = $"{(IsRootless ? "rootless" : "as root")}, {info.Driver}, control groups v{info.CgroupVersion ?? "1"}, limits {Limits(info)}, system call filter {(SystemCallOption is null ? "the Engine's" : "ours")}, pulls {Options.Pull.ToString().ToLowerInvariant()}, "
                + (Options.BuildNetwork is { } network ? $"builds on network {network}" : "no builds");
            var problem = ProblemOf(info);
            if (problem is null) await SweepAsync();
            return new DockerReport(info.ServerVersion, words, problem);
        }
        catch (SandboxUnavailableException e)
        {
            return new DockerReport(null, "", e.Message);
        }
    }

    private string? ProblemOf(SystemInfoResponse info)
    {
        if (Seccomp(info) is null)
            return "The Docker Engine filters no system calls here (its kernel has no seccomp); no untrusted command is run without.";
        if (GuardedShell.Problem is { } open) return open;
        if (info.OSType is not (null or "" or "linux")) return $"The Docker Engine runs {info.OSType} containers; it must run Linux ones.";
        // A container's users would be others on this machine: they could not write the workspaces that this service gives them.
        if (Has(info, "userns"))
            return "The Docker Engine maps users (userns-remap), so that no container could write a workspace: turn that off, or run the Engine rootless as this service's user.";
        // A rootless Engine shows this service's user as root in the container, and nobody else's files as anything.
        if (IsRootless && Environment.IsPrivilegedProcess) return "The Docker Engine is rootless and this service runs as root: run both as the same ordinary user.";
        if (!(info.MemoryLimit && info.PidsLimit) && !Options.AllowUnlimitedMemory)
            return "The Docker Engine can limit no memory or no processes here (it has no control groups for them): delegate them, or set AllowUnlimitedMemory.";
        return null;
    }

    private static string? Seccomp(SystemInfoResponse info) => info.SecurityOptions?.FirstOrDefault(o => o.StartsWith("name=seccomp", StringComparison.Ordinal));

    private static bool Has(SystemInfoResponse info, string option) =>
        info.SecurityOptions?.Any(o => o == $"name={option}" || o.StartsWith($"name={option},", StringComparison.Ordinal)) == true;

    private static string Limits(SystemInfoResponse info)
    {
        var names = new[] { (info.MemoryLimit, "memory"), (info.SwapLimit, "swap"), (info.PidsLimit, "processes"), (info.CPUCfsQuota, "processors") }
            .Where(l => l.Item1).Select(l => l.Item2).ToArray();
        return names.Length == 0 ? "nothing" : string.Join(", ", names);
    }

    /// <summary>Removes the containers of services that are gone; those of living ones, of this service too, stay.</summary>
    private async Task SweepAsync()
    {
        var filter = new Dictionary<string, IDictionary<string, bool>>(StringComparer.Ordinal)
        {
            ["label"] = new Dictionary<string, bool>(StringComparer.Ordinal) { [DockerOwner.Label] = true },
        };
        var found = await AskAsync(
            "list containers", (c, ct) => c.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filter }, ct), Options.Patience, CancellationToken.None);
        foreach (var container in found.Where(c => DockerOwner.IsGone(c.Labels, Time))) await RemoveAsync(container.ID);
    }

    /// <summary>Removes a container, running or not, with the volumes that are its own. That it is not there is as good.</summary>
    internal async Task RemoveAsync(string id)
    {
        try
        {
            await AskAsync(
                "remove a container",
                async (c, ct) =>
                {
                    await c.Containers.RemoveContainerAsync(id, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, ct);
                    return true;
                },
                Options.Patience,
                CancellationToken.None);
        }
        catch (SandboxUnavailableException e) when (e.InnerException is DockerApiException { StatusCode: System.Net.HttpStatusCode.NotFound or System.Net.HttpStatusCode.Conflict })
        {
            // Gone already, or being removed by somebody else.
        }
    }
}

/// <summary>Whose a container is, on its labels, so that what a dead service left can be told from what a living one needs.</summary>
internal static class DockerOwner
{
    public const string Label = "codingagent.sandbox";
    private const string Deadline = "codingagent.sandbox.until";

    private static readonly string Self = Identity("self") ?? "unknown";

    /// <summary>The labels of a container.</summary>
    /// <param name="longest">How long it can be needed at most.</param>
    /// <param name="time">Clock.</param>
    public static Dictionary<string, string> Labels(TimeSpan longest, TimeProvider time) => new(StringComparer.Ordinal)
    {
        [Label] = Self,
        [Deadline] = (time.GetUtcNow() + longest).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>
    /// True when nobody can need the container: its time is over, or its service ran among the processes we can see and is not there any more.
    /// A service in another process namespace (a container of its own) cannot be looked up; its containers go at their deadline.
    /// </summary>
    public static bool IsGone(IDictionary<string, string> labels, TimeProvider time)
    {
        if (labels.TryGetValue(Deadline, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var until)
            && until < time.GetUtcNow().ToUnixTimeSeconds()) return true;
        if (!labels.TryGetValue(Label, out var owner) || owner == Self) return false;
        var parts = owner.Split(' ');
        return parts.Length == 3 && parts[0] == Self.Split(' ')[0] && parts[1].All(char.IsAsciiDigit) && Identity(parts[1]) != owner;
    }

    // Process namespace, process id, and when it started: ids come back, together with a start they do not.
    private static string? Identity(string process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            // The name in parentheses may hold anything; field 22 is the start in ticks since boot.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return $"{new FileInfo("/proc/self/ns/pid").LinkTarget} {stat[..stat.IndexOf(' ', StringComparison.Ordinal)]} {fields[19]}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
