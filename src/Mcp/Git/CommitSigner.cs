using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Git;

/// <summary>What git needs to sign with the configured key. The key's file is named to the signing program alone, and no other call of git knows of it.</summary>
internal sealed class CommitSigner
{
    private const int MostWords = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CommitSigning _signing;
    private readonly TimeProvider _time;
    private readonly Lazy<Task<Ready>> _ready;

    public CommitSigner(CommitSigning signing, TimeProvider time)
    {
        (_signing, _time) = (signing, time);
        _ready = new(signing.Format == SigningFormat.Ssh ? SshAsync : OpenPgpAsync);
    }

    /// <summary>What a call of git needs that signs.</summary>
    /// <exception cref="GitFailedException">The key cannot be used; one line that says why.</exception>
    public Task<Ready> ReadyAsync(CancellationToken cancellationToken) => _ready.Value.WaitAsync(cancellationToken);

    private async Task<Ready> SshAsync()
    {
        // An empty passphrase is given, so that a key that has one is refused and not asked for.
        var publicKey = await RunAsync("ssh-keygen", ["-y", "-P", "", "-f", _signing.KeyFile], Quiet, "openssh-client");
        return new Ready([("gpg.format", "ssh"), ("gpg.ssh.program", "ssh-keygen"), ("user.signingKey", _signing.KeyFile)], Quiet, publicKey.Trim());
    }

    // A keyring of this process, made anew at each start: gpg signs from nothing else. Its path is short, because the agent's socket lies in it.
    private async Task<Ready> OpenPgpAsync()
    {
        var home = Directory.CreateTempSubdirectory("signing-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(home);
        await File.WriteAllTextAsync(Path.Combine(home, "gpg-agent.conf"), "pinentry-program /bin/false\n");
        var environment = new Dictionary<string, string>(Quiet, StringComparer.Ordinal) { ["GNUPGHOME"] = home };
        await RunAsync("gpg", ["--batch", "--no-tty", "--quiet", "--import", _signing.KeyFile], environment, "gnupg");
        var listing = await RunAsync("gpg", ["--batch", "--no-tty", "--with-colons", "--list-secret-keys"], environment, "gnupg");
        var lines = listing.Split('\n');
        var fingerprints = lines.Index().Where(l => l.Item.StartsWith("sec:", StringComparison.Ordinal)).Select(l => lines.Skip(l.Index).First(f => f.StartsWith("fpr:", StringComparison.Ordinal)).Split(':')[9]).ToList();
        if (fingerprints is not [var fingerprint])
            throw new GitFailedException($"{_signing.KeyFile} holds {fingerprints.Count} secret keys; export the one to sign with (gpg --export-secret-keys --armor KEY).");
        return new Ready([("gpg.format", "openpgp"), ("gpg.program", "gpg"), ("user.signingKey", fingerprint)], environment, $"OpenPGP {fingerprint}");
    }

    private static IReadOnlyDictionary<string, string> Quiet { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["SSH_ASKPASS"] = "/bin/false",
        ["SSH_ASKPASS_REQUIRE"] = "force",
    };

    private async Task<string> RunAsync(string program, string[] arguments, IReadOnlyDictionary<string, string> environment, string package)
    {
        var (output, error) = (new HeadTailBuffer(MostWords), new HeadTailBuffer(MostWords));
        var all = new Dictionary<string, string>(environment, StringComparer.Ordinal) { ["PATH"] = "/usr/local/bin:/usr/bin:/bin", ["HOME"] = "/nonexistent", ["LC_ALL"] = "C" };
        ChildExit exit;
        try
        {
            exit = await ChildProcess.RunAsync(new ChildCommand(program, arguments, all, Patience) { WorkingDirectory = "/" }, output, error, _time, CancellationToken.None);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new GitFailedException($"{program} cannot be started, which signs commits; install it (apt-get install {package}).", e);
        }

        return exit.ExitCode == 0 && !exit.TimedOut ? output.ToText() : throw new GitFailedException($"{_signing.KeyFile} cannot sign: {Advice(error.ToText())}");
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

    /// <summary>What a call of git needs that signs.</summary>
    /// <param name="Settings">Settings.</param>
    /// <param name="Environment">Variables.</param>
    /// <param name="PublicKey">The public key as forges take it; of OpenPGP its fingerprint.</param>
    public sealed record Ready(IReadOnlyList<(string Key, string Value)> Settings, IReadOnlyDictionary<string, string> Environment, string PublicKey);
}
