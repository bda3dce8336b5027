using System.Text;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    /// <summary>Where objects lie at the remote that no branch leads to yet: no branch and no tag, so that rules, CI and events pass them by.</summary>
    private const string Aside = "refs/coding-agent/";

    /// <summary>Whether commits can be signed here (<see cref="TrustedGitOptions.Signing"/>).</summary>
    public bool SignsCommits => _signer is not null;

    /// <summary>Signs a commit of nothing with the configured key.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The public key as forges take it; of OpenPGP its fingerprint.</returns>
    /// <exception cref="GitFailedException">It cannot be; one line that says why.</exception>
    /// <exception cref="InvalidOperationException">No key is configured.</exception>
    public async Task<string> TrySigningAsync(CancellationToken cancellationToken)
    {
        var signer = _signer ?? throw new InvalidOperationException("No signing key is configured.");
        var publicKey = (await signer.ReadyAsync(cancellationToken)).PublicKey;
        var trial = new GitMirror("trial", Directory.CreateDirectory(Path.Combine(_indexes, $"trial-{Guid.NewGuid():N}")).FullName);
        try
        {
            await _git.RunAsync(new GitCall(trial.GitDirectory, "init", "--quiet", "--bare", "--template="), cancellationToken);
            var tree = Text(await _git.RunAsync(new GitCall(trial.GitDirectory, "mktree"), cancellationToken)).Trim();
            await CommitAsync(trial, tree, [], SnapshotMessage, SnapshotIdentity, DateTimeOffset.UnixEpoch, cancellationToken, sign: true);
            return publicKey;
        }
        finally
        {
            Directory.Delete(trial.GitDirectory, recursive: true);
        }
    }

    /// <summary>What a commit of the mirror holds.</summary>
    public async Task<CommitContent> ReadCommitAsync(GitMirror mirror, string commit, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(commit, nameof(commit));
        var output = await _git.RunAsync(
            new GitCall(mirror.GitDirectory, "log", "--max-count=1", "--format=%T%x00%P%x00%B", "--encoding=UTF-8", "--no-color", "--no-show-signature", "--no-mailmap", commit, "--"), cancellationToken);
        var parts = Encoding.UTF8.GetString(output).Split('\0', 3);
        return new CommitContent(parts[0], parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries), parts[2].TrimEnd('\n'));
    }

    /// <summary>Brings a commit and what it needs to the remote, where no branch leads to it.</summary>
    /// <param name="mirror">Mirror that holds the commit.</param>
    /// <param name="cloneUrl">https URL without credentials.</param>
    /// <param name="credential">Credential for writing.</param>
    /// <param name="sha">Commit.</param>
    /// <param name="name">What it lies under there: one word of letters and digits. What lay there before is given up.</param>
    /// <param name="cancellationToken">Kills the git process.</param>
    /// <exception cref="GitRejectedException">The remote said no.</exception>
    public Task PushAsideAsync(GitMirror mirror, string cloneUrl, GitCredential? credential, string sha, string name, CancellationToken cancellationToken) =>
        PushAsideAsync(mirror, cloneUrl, credential, $"+{GitPaths.RequireObjectId(sha, nameof(sha))}:{AsideOf(name)}", cancellationToken);

    /// <summary>Takes away what <see cref="PushAsideAsync(GitMirror, string, GitCredential?, string, string, CancellationToken)"/> left at the remote; nothing where there is nothing.</summary>
    /// <param name="mirror">Mirror of the repository.</param>
    /// <param name="cloneUrl">https URL without credentials.</param>
    /// <param name="credential">Credential for writing.</param>
    /// <param name="name">What it lies under.</param>
    /// <param name="cancellationToken">Kills the git process.</param>
    public Task RemoveAsideAsync(GitMirror mirror, string cloneUrl, GitCredential? credential, string name, CancellationToken cancellationToken) =>
        PushAsideAsync(mirror, cloneUrl, credential, $":{AsideOf(name)}", cancellationToken);

    private static string AsideOf(string name) => name.Length is > 0 and <= 100 && name.All(char.IsAsciiLetterOrDigit) ? Aside + name : throw new ArgumentException($"'{name}' is no name of letters and digits.", nameof(name));

    private async Task PushAsideAsync(GitMirror mirror, string cloneUrl, GitCredential? credential, string what, CancellationToken cancellationToken)
    {
        var remote = GitRemote.Parse(cloneUrl, credential, _options.AllowFileProtocol);
        var call = new GitCall(
            mirror.GitDirectory, "push", "--quiet", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no", remote.Url.AbsoluteUri, what)
        {
            Remote = remote,
        };
        var result = await _git.TryAsync(call, cancellationToken);
        var words = Text(result.Output) + result.Error;
        if (result.ExitCode != 0 && !words.Contains("remote ref does not exist", StringComparison.Ordinal)) throw GitFailures.Classify("push", remote.Url, words);
    }
}

/// <summary>What a commit holds.</summary>
/// <param name="Tree">Its tree.</param>
/// <param name="Parents">Its parents, the first one first.</param>
/// <param name="Message">Its message, without line ends at its end.</param>
public sealed record CommitContent(string Tree, IReadOnlyList<string> Parents, string Message);
