using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using CodingAgent.Agents.Models;
using CodingAgent.BotHost.Adapters;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Diagnosis;
using CodingAgent.BotHost.Housekeeping;
using CodingAgent.BotHost.Keys;
using CodingAgent.BotHost.Logging;
using CodingAgent.BotHost.Setup;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Egress.Settings;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Toolchains;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent doctor</c>: what <c>serve</c> would find on this machine and beyond it, one line each; 1 when something would stop it.</summary>
internal static class DoctorCommand
{
    private static readonly TimeSpan GitPatience = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var command = new Command("doctor", "Says whether 'serve' could run here and reach what it needs: settings, data folder, sandbox, git, forge, model, Temporal.");
        var options = new ServiceOptions(command);
        var json = new Option<bool>("--json") { Description = "One JSON array of all findings, for programs." };
        var offline = new Option<bool>("--offline") { Description = "Looks at this machine alone: asks neither forge nor model nor Temporal." };
        command.Add(json);
        command.Add(offline);
        command.SetAction((parsed, ct) => RunAsync(() => options.NewBuilder(parsed).Configuration, parsed.GetValue(json), parsed.GetValue(offline), ct));
        return command;
    }

    private static async Task<int> RunAsync(Func<ConfigurationManager> read, bool asJson, bool isOffline, CancellationToken cancellationToken)
    {
        // As in serve: what is tried here is tried with the same umask.
        PrivateFiles.RestrictNewFiles();
        var (configuration, settings, problem) = await ReadAsync(read, cancellationToken);
        var report = new Report(asJson, ConfiguredSecrets.Of(configuration, settings));
        var needsTools = settings?.IsWorker != false;
        report.Say("configuration", problem, $"complete for role {settings?.Role.ToString().ToLowerInvariant()}{OwnSecrets(settings)}");
        report.Add(configuration is null ? [] : Connections.OfSettings(configuration));
        var canWrite = settings is not null && report.Say("data", ProblemOf(settings.DataDirectory), $"{settings.DataDirectory} can be written, by this user alone");
        if (canWrite)
        {
            SayDisk(report, settings!);
            await SayKeysAsync(report, settings!, cancellationToken);
        }

        // Looked at even when another key is wrong: a first look at a machine comes before its configuration.
        var allowsUnlimited = bool.TryParse(configuration?["Sandbox:AllowUnlimitedMemory"], out var allowed) && allowed;
        var sandbox = await new BubblewrapSandbox(
            new BubblewrapOptions { Toolchains = HostToolchains.Installed(), AllowUnlimitedMemory = allowsUnlimited }, TimeProvider.System).InspectAsync();
        report.Say("sandbox", sandbox.Problem, sandbox.Words, needsTools);
        if (canWrite)
            await SayWorkspacesAsync(report, settings!.DataDirectory, needsTools, cancellationToken);

        await SayImagesAsync(report, configuration, settings?.Docker ?? new DockerOptions(), needsTools);
        foreach (var toolchain in HostToolchains.Words(HostToolchains.Installed()))
            report.Say("toolchain", null, toolchain);

        if (!CodeSearcher.FindsDefinitions)
            report.Note("code search", "universal-ctags is not installed: outside of C# agents find text, and not where names are defined (apt-get install universal-ctags).");
        if (!CodeSearcher.FindsPatterns)
            report.Note("code search", "ast-grep is not installed: agents cannot look for code by its structure (npm install -g @ast-grep/cli).");
        SayRegistries(report);
        var git = await GitVersionAsync(cancellationToken);
        report.Say("git", git is null ? "git does not run: install it (apt-get install git)." : null, git ?? "", needsTools);
        if (canWrite && git is not null && settings is { IsApplier: true, Signing: { } signing })
            await SaySigningAsync(report, settings.DataDirectory, signing, cancellationToken);
        if (settings is not null && !isOffline)
            await SayConnectionsAsync(report, settings, needsTools, cancellationToken);
        return report.End();
    }

    // Last, because it takes longest.
    private static async Task SayConnectionsAsync(Report report, HostSettings settings, bool runsWorker, CancellationToken cancellationToken)
    {
        report.Add(Connections.OfAddresses(settings));
        report.Add([await Connections.OfTemporalAsync(settings, cancellationToken)]);
        using var forges = new ServedForges(settings, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        using (var model = runsWorker ? new OpenAiChatClient(settings.OpenAi, TimeProvider.System) : null)
            report.Add(await Connections.OfOutsideAsync(settings, forges, model, cancellationToken));
    }

    // The default file is left to serve to make.
    private static async Task SayKeysAsync(Report report, HostSettings settings, CancellationToken cancellationToken)
    {
        if (settings.StorageKeys is { IsDefaultFile: true, Text: null, Command: null, File: var file } && !File.Exists(file))
        {
            report.Say("keys", null, $"{file} will be made");
            return;
        }

        try
        {
            var place = new KeysCommand.Place(settings.StorageKeys, settings.DataDirectory, settings.TemporalAddress is not null);
            report.Say("keys", null, $"from {settings.StorageKeys.Source}; {string.Join("; ", await KeysCommand.DescribeAsync(place, await place.ReadKeysAsync(cancellationToken), cancellationToken))}");
        }
        catch (Exception e) when (e is StorageException or TemporalServer.TemporalServerException)
        {
            report.Say("keys", e.Message, "");
        }
    }

    private static string OwnSecrets(HostSettings? settings) => settings?.GitHub?.WebhookSecrets is { Entries.Count: > 0 } secrets
        ? $"; webhook secrets of their own: {string.Join(", ", secrets.Entries.Select(e => e.Words))}; of all others: {(secrets.Others.Count > 0 ? "one" : "none, so they are refused")}"
        : "";

    // Only a repository that names an image needs an Engine; whoever names the Engine's socket expects one.
    private static async Task SayImagesAsync(Report report, IConfiguration? configuration, DockerOptions options, bool needsTools)
    {
        using var engine = new DockerEngine(options, TimeProvider.System);
        var found = await engine.InspectAsync();
        var isNeeded = needsTools && configuration?[DockerSettings.Socket] is { Length: > 0 };
        if (found.Problem is null || isNeeded)
            report.Say("images", found.Problem, $"Docker Engine {found.Version}, {found.Words}");
        else
            report.Note("images", $"{found.Problem} Only repositories that name an image (sandbox.image) need one.");
    }

    private static async Task<(IConfiguration? Configuration, HostSettings? Settings, string? Problem)> ReadAsync(Func<ConfigurationManager> read, CancellationToken cancellationToken)
    {
        ConfigurationManager? configuration = null;
        try
        {
            configuration = read();
            await StoredApp.AddToAsync(configuration, cancellationToken);
            return (configuration, HostSettingsReader.Read(configuration), null);
        }
        catch (Exception e) when (e is ConfigurationException or StorageException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return (configuration, null, e.Message);
        }
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

    // The forge shows commits as verified once its account for the bot has the key.
    private static Task SaySigningAsync(Report report, string dataDirectory, CommitSigning signing, CancellationToken cancellationToken) => BesideAsync(dataDirectory, async scratch =>
    {
        try
        {
            var key = await CommitSettings.TryAsync(new TrustedGit(new TrustedGitOptions { Root = scratch, Signing = signing }, TimeProvider.System), cancellationToken);
            report.Say("signing", null, $"commits are signed; add this as a signing key of the bot's account: {key}");
        }
        catch (ConfigurationException e)
        {
            report.Say("signing", e.Message, "");
        }
    });

    // Tried beside the data folder, on its file system: what may be mounted depends on that.
    private static Task SayWorkspacesAsync(Report report, string dataDirectory, bool isNeeded, CancellationToken cancellationToken) => BesideAsync(dataDirectory, async scratch =>
    {
        try
        {
            report.Say("workspaces", null, (await new TrustedGit(new TrustedGitOptions { Root = scratch }, TimeProvider.System).InspectWorkspacesAsync(cancellationToken)).Words);
        }
        catch (Exception e) when (e is GitFailedException or IOException or UnauthorizedAccessException or Win32Exception)
        {
            report.Say("workspaces", e.Message, "", isNeeded);
        }
    });

    private static async Task BesideAsync(string dataDirectory, Func<string, Task> look)
    {
        var scratch = Path.Combine(NearestTo(dataDirectory), $".coding-agent-doctor-{Guid.NewGuid():N}");
        try
        {
            await look(scratch);
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    // Short of room it starts all the same, and new tasks wait.
    private static void SayDisk(Report report, HostSettings settings)
    {
        var free = DiskSpace.FreeOf(NearestTo(settings.DataDirectory));
        var (words, mark) = (DiskSpace.Words(free), DiskSpace.Words(settings.Disk.NewWork));
        if (free < settings.Disk.NewWork)
            report.Note("disk", $"{words} left for {settings.DataDirectory}, less than {mark} (Disk:NewWork): new tasks would wait.");
        else
            report.Say("disk", null, $"{words} left; new tasks wait below {mark}, the databases keep {DiskSpace.Words(settings.Disk.Reserve)}, a workspace holds at most {DiskSpace.Words(settings.WorkspaceBytes)}");
    }

    // What of this host's own configuration comes along into a set-up, and what does not.
    private static void SayRegistries(Report report)
    {
        var packages = HostPackageSettings.OfThisHost();
        report.Say("registries", null, packages.Hosts.Count == 0 ? "the public ones; package managers of this host name no others" : $"beside the public ones, those of this host's package managers: {string.Join(", ", packages.Hosts)}");
        foreach (var note in packages.Notes)
            report.Note("registries", note);
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
