using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Housekeeping;
using CodingAgent.BotHost.Keys;
using CodingAgent.Mcp.Egress.Settings;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Toolchains;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent doctor</c>: what <c>serve</c> would find on this machine, one line each; 1 when something would stop it.</summary>
internal static class DoctorCommand
{
    private static readonly TimeSpan GitPatience = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var command = new Command("doctor", "Says whether 'serve' could run here: configuration, data folder, sandbox, git.");
        var options = new ServiceOptions(command);
        command.SetAction((parsed, ct) => RunAsync(() => options.NewBuilder(parsed).Configuration, ct));
        return command;
    }

    private static async Task<int> RunAsync(Func<IConfiguration> read, CancellationToken cancellationToken)
    {
        // As in serve: what is tried here is tried with the same umask.
        PrivateFiles.RestrictNewFiles();
        var (configuration, settings, problem) = Read(read);
        var needsTools = settings?.IsWorker != false;
        var isWell = Say("configuration", problem, $"complete for role {settings?.Role.ToString().ToLowerInvariant()}{OwnSecrets(settings)}");
        var canWrite = settings is not null && Say("data", ProblemOf(settings.DataDirectory), $"{settings.DataDirectory} can be written, by this user alone");
        isWell &= settings is null || canWrite;
        if (canWrite)
        {
            SayDisk(settings!);
            isWell &= await SayKeysAsync(settings!, cancellationToken);
        }

        // Looked at even when another key is wrong: a first look at a machine comes before its configuration.
        var allowsUnlimited = bool.TryParse(configuration?["Sandbox:AllowUnlimitedMemory"], out var allowed) && allowed;
        var sandbox = await new BubblewrapSandbox(
            new BubblewrapOptions { Toolchains = HostToolchains.Installed(), AllowUnlimitedMemory = allowsUnlimited }, TimeProvider.System).InspectAsync();
        isWell &= Say("sandbox", sandbox.Problem, sandbox.Words, needsTools);
        if (canWrite)
            isWell &= await SayWorkspacesAsync(settings!.DataDirectory, needsTools, cancellationToken);

        isWell &= await SayImagesAsync(configuration, settings?.Docker ?? new DockerOptions(), needsTools);
        foreach (var toolchain in HostToolchains.Words(HostToolchains.Installed()))
            Say("toolchain", null, toolchain);

        SayRegistries();
        var git = await GitVersionAsync(cancellationToken);
        isWell &= Say("git", git is null ? "git does not run: install it (apt-get install git)." : null, git ?? "", needsTools);
        return isWell ? 0 : 1;
    }

    // The default file is left to serve to make.
    private static async Task<bool> SayKeysAsync(HostSettings settings, CancellationToken cancellationToken)
    {
        if (settings.StorageKeys is { IsDefaultFile: true, Text: null, Command: null, File: var file } && !File.Exists(file))
            return Say("keys", null, $"{file} will be made");
        try
        {
            var place = new KeysCommand.Place(settings.StorageKeys, settings.DataDirectory, settings.TemporalAddress is not null);
            return Say("keys", null, $"from {settings.StorageKeys.Source}; {string.Join("; ", await KeysCommand.DescribeAsync(place, await place.ReadKeysAsync(cancellationToken), cancellationToken))}");
        }
        catch (Exception e) when (e is StorageException or TemporalServer.TemporalServerException)
        {
            return Say("keys", e.Message, "");
        }
    }

    private static string OwnSecrets(HostSettings? settings) => settings?.GitHub.WebhookSecrets is { Entries.Count: > 0 } secrets
        ? $"; webhook secrets of their own: {string.Join(", ", secrets.Entries.Select(e => e.Words))}; of all others: {(secrets.Others.Count > 0 ? "one" : "none, so they are refused")}"
        : "";

    // Only a repository that names an image needs an Engine; whoever names the Engine's socket expects one.
    private static async Task<bool> SayImagesAsync(IConfiguration? configuration, DockerOptions options, bool needsTools)
    {
        using var engine = new DockerEngine(options, TimeProvider.System);
        var report = await engine.InspectAsync();
        var isNeeded = needsTools && configuration?[DockerSettings.Socket] is { Length: > 0 };
        if (report.Problem is null || isNeeded)
            return Say("images", report.Problem, $"Docker Engine {report.Version}, {report.Words}");
        Console.WriteLine($"{"images:",-15}none: {report.Problem.ReplaceLineEndings(" ")} Only repositories that name an image (sandbox.image) need one.");
        return true;
    }

    private static (IConfiguration? Configuration, HostSettings? Settings, string? Problem) Read(Func<IConfiguration> read)
    {
        IConfiguration? configuration = null;
        try
        {
            configuration = read();
            return (configuration, HostSettingsReader.Read(configuration), null);
        }
        catch (Exception e) when (e is ConfigurationException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return (configuration, null, e.Message);
        }
    }

    private static bool Say(string what, string? problem, string good, bool isNeeded = true)
    {
        var verdict = problem is null ? "ok" : isNeeded ? "PROBLEM" : "not usable, and not needed for this role";
        Console.WriteLine($"{what + ":",-15}{verdict}: {(problem ?? good).ReplaceLineEndings(" ")}");
        return problem is null || !isNeeded;
    }

    // The folder itself is left to serve: whether it can be made shows in the nearest folder that is there.
    private static string? ProblemOf(string dataDirectory)
    {
        var folder = NearestTo(dataDirectory);
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose };
            using var trial = new FileStream(Path.Combine(folder, $".coding-agent-doctor-{Guid.NewGuid():N}"), options);
            return Enumerate(dataDirectory, folder).FirstOrDefault(File.Exists) is { } file
                ? $"{dataDirectory} cannot be made: {file} is a file. Choose another folder with --data."
                : DataFolder.ProblemOf(dataDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{folder} cannot be written ({e.Message}). Choose another folder with --data, or mend its owner.";
        }
    }

    private static string NearestTo(string folder)
    {
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
            folder = parent;
        return folder;
    }

    // Tried beside the data folder, on its file system: what may be mounted depends on that.
    private static async Task<bool> SayWorkspacesAsync(string dataDirectory, bool isNeeded, CancellationToken cancellationToken)
    {
        var scratch = Path.Combine(NearestTo(dataDirectory), $".coding-agent-doctor-{Guid.NewGuid():N}");
        try
        {
            var report = await new TrustedGit(new TrustedGitOptions { Root = scratch }, TimeProvider.System).InspectWorkspacesAsync(cancellationToken);
            return Say("workspaces", null, report.Words);
        }
        catch (Exception e) when (e is GitFailedException or IOException or UnauthorizedAccessException or Win32Exception)
        {
            return Say("workspaces", e.Message, "", isNeeded);
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    // Short of room it starts all the same, and new tasks wait.
    private static void SayDisk(HostSettings settings)
    {
        var free = DiskSpace.FreeOf(NearestTo(settings.DataDirectory));
        var (words, mark) = (DiskSpace.Words(free), DiskSpace.Words(settings.Disk.NewWork));
        if (free < settings.Disk.NewWork)
            Console.WriteLine($"{"disk:",-15}note: {words} left for {settings.DataDirectory}, less than {mark} (Disk:NewWork): new tasks would wait.");
        else
            Say("disk", null, $"{words} left; new tasks wait below {mark}, the databases keep {DiskSpace.Words(settings.Disk.Reserve)}, a workspace holds at most {DiskSpace.Words(settings.WorkspaceBytes)}");
    }

    // What of this host's own configuration comes along into a set-up, and what does not.
    private static void SayRegistries()
    {
        var packages = HostPackageSettings.OfThisHost();
        Say("registries", null, packages.Hosts.Count == 0 ? "the public ones; package managers of this host name no others" : $"beside the public ones, those of this host's package managers: {string.Join(", ", packages.Hosts)}");
        foreach (var note in packages.Notes)
            Console.WriteLine($"{"registries:",-15}note: {note.ReplaceLineEndings(" ")}");
    }

    private static IEnumerable<string> Enumerate(string from, string upTo)
    {
        for (var folder = from; folder is not null && folder != upTo; folder = Path.GetDirectoryName(folder))
            yield return folder;
    }

    private static async Task<string?> GitVersionAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(GitPatience);
        try
        {
            var start = new ProcessStartInfo("git", ["--version"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            using var git = Process.Start(start)!;
            var version = await git.StandardOutput.ReadToEndAsync(limit.Token);
            await git.WaitForExitAsync(limit.Token);
            return git.ExitCode == 0 ? version.Trim() : null;
        }
        catch (Exception e) when (e is Win32Exception or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
