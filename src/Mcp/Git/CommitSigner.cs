using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Git;

/// <summary>What git needs to sign with the configured key. The key's file is named to the signing program alone, and no other call of git knows of it.</summary>
internal sealed class CommitSigner(CommitSigning signing, TimeProvider time)
{
    private const int MostWords = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _once = new(1, 1);
    private (IReadOnlyList<(string, string)> Settings, IReadOnlyDictionary<string, string> Environment, string PublicKey)? _ready;

    /// <summary>Settings and environment of a call of git that signs, and the public key as a forge takes it.</summary>
    /// <exception cref="GitFailedException">The key cannot be used; one line that says why.</exception>
    public async Task<(IReadOnlyList<(string Key, string Value)> Settings, IReadOnlyDictionary<string, string> Environment, string PublicKey)> ReadyAsync(CancellationToken cancellationToken)
    {
        await _once.WaitAsync(cancellationToken);
        try
        {
            return _ready ??= signing.Format == SigningFormat.Ssh ? await SshAsync(cancellationToken) : await OpenPgpAsync(cancellationToken);
        }
        finally
        {
            _once.Release();
        }
    }

    private async Task<(IReadOnlyList<(string, string)>, IReadOnlyDictionary<string, string>, string)> SshAsync(CancellationToken cancellationToken)
    {
        // An empty passphrase is given, so that a key that has one is refused and not asked for.
        var publicKey = await RunAsync("ssh-keygen", ["-y", "-P", "", "-f", signing.KeyFile], Quiet, "openssh-client", cancellationToken);
        return ([("gpg.format", "ssh"), ("gpg.ssh.program", "ssh-keygen"), ("user.signingKey", signing.KeyFile)], Quiet, publicKey.Trim());
    }

    // A keyring of this process, made anew at each start: gpg signs from nothing else. Its path is short, because the agent's socket lies in it.
    private async Task<(IReadOnlyList<(string, string)>, IReadOnlyDictionary<string, string>, string)> OpenPgpAsync(CancellationToken cancellationToken)
    {
        var home = Directory.CreateTempSubdirectory("signing-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(home);
        await File.WriteAllTextAsync(Path.Combine(home, "gpg-agent.conf"), "pinentry-program /bin/false\n", cancellationToken);
        var environment = new Dictionary<string, string>(Quiet, StringComparer.Ordinal) { ["GNUPGHOME"] = home };
        await RunAsync("gpg", ["--batch", "--no-tty", "--quiet", "--import", signing.KeyFile], environment, "gnupg", cancellationToken);
        var listing = await RunAsync("gpg", ["--batch", "--no-tty", "--with-colons", "--list-secret-keys"], environment, "gnupg", cancellationToken);
        var lines = listing.Split('\n');
        var fingerprints = lines.Index().Where(l => l.Item.StartsWith("sec:", StringComparison.Ordinal)).Select(l => lines.Skip(l.Index).First(f => f.StartsWith("fpr:", StringComparison.Ordinal)).Split(':')[9]).ToList();
        if (fingerprints is not [var fingerprint])
            throw new GitFailedException($"{signing.KeyFile} holds {fingerprints.Count} secret keys; export the one to sign with (gpg --export-secret-keys --armor KEY).");
        var publicKey = await RunAsync("gpg", ["--batch", "--no-tty", "--armor", "--export", fingerprint], environment, "gnupg", cancellationToken);
        return ([("gpg.format", "openpgp"), ("gpg.program", "gpg"), ("user.signingKey", fingerprint + "!")], environment, publicKey.Trim());
    }

    private static IReadOnlyDictionary<string, string> Quiet { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["SSH_ASKPASS"] = "/bin/false",
        ["SSH_ASKPASS_REQUIRE"] = "force",
    };

    private async Task<string> RunAsync(string program, string[] arguments, IReadOnlyDictionary<string, string> environment, string package, CancellationToken cancellationToken)
    {
        var (output, error) = (new HeadTailBuffer(MostWords), new HeadTailBuffer(MostWords));
        var all = new Dictionary<string, string>(environment, StringComparer.Ordinal) { ["PATH"] = "/usr/local/bin:/usr/bin:/bin", ["HOME"] = "/nonexistent", ["LC_ALL"] = "C" };
        ChildExit exit;
        try
        {
            exit = await ChildProcess.RunAsync(new ChildCommand(program, arguments, all, Patience) { WorkingDirectory = "/" }, output, error, time, cancellationToken);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new GitFailedException($"{program} cannot be started, which signs commits; install it (apt-get install {package}).", e);
        }

        return exit.ExitCode == 0 && !exit.TimedOut ? output.ToText() : throw new GitFailedException($"{signing.KeyFile} cannot sign: {Advice(error.ToText())}");
    }

    /// <summary>What a person can do about the signing program's words.</summary>
    public static string Advice(string words) => words switch
    {
        _ when words.Contains("UNPROTECTED", StringComparison.Ordinal) => "others than its owner may read it (chmod 600).",
        _ when words.Contains("incorrect passphrase", StringComparison.Ordinal) || words.Contains("pinentry", StringComparison.OrdinalIgnoreCase) || words.Contains("Inappropriate ioctl", StringComparison.Ordinal)
            => "it has a passphrase, and nobody is there to type it; make a key without one for this service.",
        _ when words.Contains("invalid format", StringComparison.Ordinal) || words.Contains("no valid OpenPGP data", StringComparison.Ordinal) || words.Contains("error in libcrypto", StringComparison.Ordinal)
            => "it is no private key of the format set, or has a line too few or too many (line ends as on Windows?).",
        _ => GitProcess.Tail(words),
    };

    private static void Remove(string home)
    {
        try
        {
            Directory.Delete(home, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its access is this user's alone.
        }
    }
}
