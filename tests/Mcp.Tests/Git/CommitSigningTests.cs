using System.Diagnostics;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>Commits signed with a key of the operator's, and keys that cannot sign: found out before anything is to be signed.</summary>
public sealed class CommitSigningTests : IDisposable
{
    private static readonly DateTimeOffset Date = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task SshKey_OfEd25519_SignsTheSameEachTime()
    {
        var git = Git(SigningFormat.Ssh, NewSshKey());
        var publicKey = await git.TrySigningAsync(default);
        publicKey.ShouldBe(File.ReadAllText(Key + ".pub").Trim());

        var (one, two) = (await CommitAsync(git), await CommitAsync(Git(SigningFormat.Ssh, Key)));
        one.ShouldBe(two);
        await File.WriteAllTextAsync(_scratch["signers"], $"* {publicKey}");
        Run(null, "git", $"--git-dir={Directory.GetDirectories(_scratch["git/mirrors"]).Single()}", "-c", $"gpg.ssh.allowedSignersFile={_scratch["signers"]}", "verify-commit", one);
        // What nobody asked to be signed is as it always was.
        (await CommitAsync(git, sign: false)).ShouldBe(await CommitAsync(new TrustedGit(new TrustedGitOptions { Root = _scratch["git"] }, TimeProvider.System), sign: false));
    }

    [Fact]
    public async Task OpenPgpKey_Exported_Signs()
    {
        // A short path: gpg's agent has its socket there.
        var home = Directory.CreateTempSubdirectory("gpg-test-");
        try
        {
            var environment = ("GNUPGHOME", home.FullName);
            Run(environment, "gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "bot <bot@forge.test>", "ed25519", "sign", "never");
            Run(environment, "gpg", "--batch", "--quiet", "--output", Key, "--armor", "--export-secret-keys");
            var git = Git(SigningFormat.OpenPgp, Key);
            var publicKey = await git.TrySigningAsync(default);
            publicKey.ShouldMatch("^OpenPGP [0-9A-F]{40}$");
            var sha = await CommitAsync(git);
            Run(environment, "git", $"--git-dir={Directory.GetDirectories(_scratch["git/mirrors"]).Single()}", "verify-commit", sha);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("a passphrase", "it has a passphrase")]
    [InlineData("a passphrase of PEM", "it has a passphrase")]
    [InlineData("everybody's", "others than its owner may read it (chmod 600)")]
    [InlineData("Windows' line ends", "no private key of the format set")]
    [InlineData("empty", "no private key of the format set")]
    [InlineData("a public key", "no private key of the format set")]
    [InlineData("PKCS#8", "no private key of the format set")]
    [InlineData("of the other format", "no private key of the format set")]
    [InlineData("missing", "No such file")]
    public async Task Key_ThatCannotSign_IsRefusedInOneLine(string what, string words)
    {
        NewSshKey(what == "a passphrase" ? "correct horse" : "", what == "a passphrase of PEM" ? "PEM" : "RFC4716");
        switch (what)
        {
            case "a passphrase of PEM": Run(null, "ssh-keygen", "-q", "-p", "-m", "PEM", "-N", "correct horse", "-f", Key); break;
            case "everybody's": File.SetUnixFileMode(Key, (UnixFileMode)0b110_100_100); break;
            case "Windows' line ends": File.WriteAllText(Key, File.ReadAllText(Key).Replace("\n", "\r\n", StringComparison.Ordinal)); break;
            case "empty": File.WriteAllText(Key, ""); break;
            case "a public key": File.WriteAllText(Key, File.ReadAllText(Key + ".pub")); break;
            case "PKCS#8": File.WriteAllText(Key, System.Security.Cryptography.ECDsa.Create().ExportPkcs8PrivateKeyPem()[..^30]); break;
            case "missing": File.Delete(Key); break;
        }

        var git = Git(what == "of the other format" ? SigningFormat.OpenPgp : SigningFormat.Ssh, Key);
        var error = await Should.ThrowAsync<GitFailedException>(() => git.TrySigningAsync(default));
        error.Message.ShouldStartWith($"{Key} cannot sign: ");
        error.Message.ShouldContain(words);
        error.Message.ShouldNotContain('\n');
    }

    private string Key => _scratch["key"];

    private string NewSshKey(string passphrase = "", string format = "RFC4716")
    {
        Run(null, "ssh-keygen", "-q", "-t", format == "PEM" ? "ecdsa" : "ed25519", "-m", format, "-N", passphrase, "-C", "bot", "-f", Key);
        return Key;
    }

    private TrustedGit Git(SigningFormat format, string key) => new(new TrustedGitOptions { Root = _scratch["git"], Signing = new CommitSigning(format, key) }, TimeProvider.System);

    private static async Task<string> CommitAsync(TrustedGit git, bool sign = true)
    {
        var mirror = await git.OpenMirrorAsync("github:acme/shop", default);
        Run(null, "git", $"--git-dir={mirror.GitDirectory}", "hash-object", "-w", "-t", "tree", "/dev/null");
        return await git.CommitAsync(mirror, "4b825dc642cb6eb9a060e54bf8d69288fbee4904", [], "x", new GitIdentity("bot", "bot@forge.test"), Date, default, sign);
    }

    private static void Run((string Name, string Value)? variable, string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (variable is { } set)
            info.Environment[set.Name] = set.Value;
        using var process = Process.Start(info)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {error}");
    }
}
