using System.Globalization;
using System.Text;
using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// Runs the <c>git</c> program so that neither the host's configuration nor anything found in a workspace can make it run, follow or
/// contact something: empty environment, no system or user configuration, a fixed set of settings that beat any configuration file
/// (git reads GIT_CONFIG_* with the precedence of the command line), an allow-list of protocols, the git directory always named.
/// </summary>
internal sealed class GitProcess(TrustedGitOptions options, string emptyHome, TimeProvider time)
{
    private static readonly (string Key, string Value)[] Settings =
    [
        ("core.hooksPath", "/dev/null"),
        ("core.fsmonitor", "false"),
        ("core.untrackedCache", "false"),
        ("core.attributesFile", "/dev/null"),
        ("core.excludesFile", "/dev/null"),
        ("core.symlinks", "true"),
        ("core.fileMode", "true"),
        ("core.autocrlf", "false"),
        ("core.safecrlf", "false"),
        ("core.ignoreCase", "false"),
        ("core.protectHFS", "true"),
        ("core.protectNTFS", "true"),
        ("core.quotePath", "false"),
        ("core.logAllRefUpdates", "false"),
        ("core.pager", "cat"),
        ("core.askPass", "/bin/false"),
        ("core.sshCommand", "/bin/false"),
        ("credential.helper", ""),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        ("submodule.recurse", "false"),
        ("fetch.recurseSubmodules", "false"),
        ("push.recurseSubmodules", "no"),
        ("push.gpgSign", "false"),
        ("commit.gpgSign", "false"),
        ("transfer.fsckObjects", "true"),
        // History is taken as it is. What is let through are flaws of who and when (lines that nothing here decides by) ...
        ("fetch.fsck.badDate", "ignore"),
        ("fetch.fsck.badDateOverflow", "ignore"),
        ("fetch.fsck.badEmail", "ignore"),
        ("fetch.fsck.badName", "ignore"),
        ("fetch.fsck.badTimezone", "ignore"),
        ("fetch.fsck.missingAuthor", "ignore"),
        ("fetch.fsck.missingCommitter", "ignore"),
        ("fetch.fsck.missingEmail", "ignore"),
        ("fetch.fsck.missingNameBeforeEmail", "ignore"),
        ("fetch.fsck.missingSpaceBeforeDate", "ignore"),
        ("fetch.fsck.missingSpaceBeforeEmail", "ignore"),
        ("fetch.fsck.multipleAuthors", "ignore"),
        ("fetch.fsck.nulInCommit", "ignore"),
        ("fetch.fsck.zeroPaddedDate", "ignore"),
        // ... and trees as old tools wrote them: the index sorts them, keeps the last of two equal names and a folder before a link of its
        // name, and writes through neither. Whatever else fsck finds is refused: names such as ".git", "..", "a/b" or none, .gitmodules
        // that is a link, or whose URLs, paths or names are options or lead outside, attribute files made to exhaust a reader.
        ("fetch.fsck.duplicateEntries", "ignore"),
        ("fetch.fsck.treeNotSorted", "ignore"),
        ("fetch.fsck.zeroPaddedFilemode", "ignore"),
        ("protocol.allow", "never"),
        ("protocol.https.allow", "always"),
        ("protocol.http.allow", "always"),
        ("http.followRedirects", "false"),
        ("http.lowSpeedLimit", "100"),
        ("http.lowSpeedTime", "60"),
        ("http.cookieFile", ""),
        // Every call names its git directory; ownership by the sandbox's user is expected in work trees.
        ("safe.directory", "*"),
    ];

    private const int ErrorBytes = 64 * 1024;

    /// <summary>Runs a local command and returns its output; a failure throws.</summary>
    public async Task<byte[]> RunAsync(GitCall call, CancellationToken cancellationToken)
    {
        var result = await TryAsync(call, cancellationToken);
        return result.ExitCode == 0 ? result.Output : throw new GitFailedException($"git {call.Arguments[0]} failed: {Tail(result.Error)}");
    }

    /// <summary>Runs a command and returns what it did, whatever its exit code.</summary>
    public async Task<GitCallResult> TryAsync(GitCall call, CancellationToken cancellationToken)
    {
        var output = new HeadTailBuffer(options.MaxOutputBytes);
        var error = new HeadTailBuffer(ErrorBytes);
        var arguments = new List<string> { $"--git-dir={call.GitDirectory}" };
        if (call.WorkTree is not null) arguments.Add($"--work-tree={call.WorkTree}");
        arguments.AddRange(call.Arguments);
        var timeout = call.Remote is null ? options.LocalTimeout : options.NetworkTimeout;
        // Files of a workspace get the modes they get elsewhere, not those this service keeps its own by.
        var lays = call.Arguments[0] == "checkout-index";
        var command = new ChildCommand(lays ? "/bin/sh" : "git", lays ? ["-c", "umask 022; exec git \"$@\"", "git", .. arguments] : arguments, Environment(call), timeout)
        {
            WorkingDirectory = call.At ?? call.WorkTree ?? call.GitDirectory,
            Input = call.Input,
        };
        ChildExit exit;
        try
        {
            exit = await ChildProcess.RunAsync(command, output, error, time, cancellationToken);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new GitFailedException("The git program cannot be started; install it (apt-get install git).", e);
        }

        var words = error.ToText();
        if (exit.TimedOut && call.Remote is not null)
            throw new GitUnavailableException($"git {call.Arguments[0]} did not finish within {timeout}.");
        if (exit.TimedOut) throw new GitFailedException($"git {call.Arguments[0]} did not finish within {timeout}.");
        if (output.CutBytes > 0) throw new GitFailedException($"git {call.Arguments[0]} wrote more than {options.MaxOutputBytes} bytes.");
        return new GitCallResult(exit.ExitCode, output.ToArray(), words);
    }

    /// <summary>The last lines of what git said, on one line.</summary>
    public static string Tail(string error)
    {
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length == 0 ? "no message" : string.Join(" | ", lines[Math.Max(0, lines.Length - 6)..]);
    }

    private Dictionary<string, string> Environment(GitCall call)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = emptyHome,
            ["XDG_CONFIG_HOME"] = emptyHome,
            ["LC_ALL"] = "C",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_SYSTEM"] = "/dev/null",
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_ATTR_NOSYSTEM"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_ASKPASS"] = "/bin/false",
            ["GIT_SSH_COMMAND"] = "/bin/false",
            ["GIT_EDITOR"] = "/bin/false",
            ["GIT_PAGER"] = "cat",
            ["GIT_ALLOW_PROTOCOL"] = options.AllowFileProtocol ? "http:https:file" : "http:https",
            ["GIT_PROTOCOL_FROM_USER"] = "0",
            ["GIT_NO_REPLACE_OBJECTS"] = "1",
            ["GIT_NO_LAZY_FETCH"] = "1",
            ["GIT_LITERAL_PATHSPECS"] = "1",
            ["GIT_OPTIONAL_LOCKS"] = "0",
        };
        if (call.IndexFile is not null) environment["GIT_INDEX_FILE"] = call.IndexFile;
        foreach (var (name, value) in call.Environment) environment[name] = value;

        var settings = new List<(string Key, string Value)>(Settings) { ("protocol.file.allow", options.AllowFileProtocol ? "always" : "never") };
        if (options.HttpProxy is not null) settings.Add(("http.proxy", options.HttpProxy));
        if (options.CertificateBundle is not null) settings.Add(("http.sslCAInfo", options.CertificateBundle));
        if (call.Remote?.Pin is { } pin) settings.Add(("http.curloptResolve", pin));
        // The header is bound to the remote's origin, so that it cannot travel anywhere else.
        if (call.Remote is { Credential: { } credential, Url: { } url })
        {
            var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Username}:{credential.Secret}"));
            settings.Add(($"http.{url.GetLeftPart(UriPartial.Authority)}/.extraHeader", $"Authorization: Basic {basic}"));
        }

        settings.AddRange(call.Settings);
        environment["GIT_CONFIG_COUNT"] = settings.Count.ToString(CultureInfo.InvariantCulture);
        for (var i = 0; i < settings.Count; i++)
        {
            environment[$"GIT_CONFIG_KEY_{i}"] = settings[i].Key;
            environment[$"GIT_CONFIG_VALUE_{i}"] = settings[i].Value;
        }

        return environment;
    }
}

/// <summary>One call of the git program.</summary>
/// <param name="GitDirectory">Git directory, always named.</param>
/// <param name="Arguments">Command and its arguments.</param>
internal sealed record GitCall(string GitDirectory, params string[] Arguments)
{
    public string? WorkTree { get; init; }

    /// <summary>Folder to run in; the work tree or the git directory when null.</summary>
    public string? At { get; init; }

    public string? IndexFile { get; init; }

    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Set for calls that use the network.</summary>
    public GitRemote? Remote { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Settings of this call alone; they beat all others.</summary>
    public IReadOnlyList<(string Key, string Value)> Settings { get; init; } = [];
}

/// <summary>What a git command did.</summary>
internal sealed record GitCallResult(int ExitCode, byte[] Output, string Error);
