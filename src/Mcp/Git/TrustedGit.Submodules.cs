using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CodingAgent.Mcp.Egress;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    /// <summary>
    /// Fetches the submodules of a commit, each at the commit it is pinned to, into mirrors of their own. A repository that holds itself is not
    /// entered again.
    /// </summary>
    /// <param name="mirror">Mirror that holds the commit.</param>
    /// <param name="cloneUrl">URL of the repository, which relative URLs are resolved against.</param>
    /// <param name="commit">Commit that will be worked on.</param>
    /// <param name="paths">Only the submodules at or below these paths, and theirs; empty for all.</param>
    /// <param name="recursive">Those of submodules too.</param>
    /// <param name="credentials">The credential for reading at an address; null for none.</param>
    /// <param name="cancellationToken">Kills the git process.</param>
    /// <exception cref="GitRejectedException">One cannot be had, or there are too many or too large ones; the message names path and URL.</exception>
    /// <exception cref="GitUnavailableException">A remote is away; likewise.</exception>
    public async Task<IReadOnlyList<SubmoduleFiles>> FetchSubmodulesAsync(
        GitMirror mirror, string cloneUrl, string commit, IReadOnlyList<string> paths, bool recursive,
        Func<Uri, CancellationToken, Task<GitCredential?>> credentials, CancellationToken cancellationToken)
    {
        var root = GitRemote.Parse(cloneUrl, null, _options.AllowFileProtocol).Url;
        var found = new List<SubmoduleFiles>();
        var bytes = 0L;
        await WalkAsync(mirror, commit, "", [root]);
        return found;

        async Task WalkAsync(GitMirror within, string at, string prefix, IReadOnlyList<Uri> above)
        {
            foreach (var submodule in await SubmodulesAsync(within, at, cancellationToken))
            {
                var path = prefix + submodule.Path;
                if (submodule.IsLeftAlone || (prefix.Length == 0 && paths.Count > 0 && !paths.Any(p => p is "." || path == p || path.StartsWith(p + "/", StringComparison.Ordinal)))) continue;
                var what = submodule.Shown.Length == 0 ? $"The submodule {GitText.Show(path)}" : $"The submodule {GitText.Show(path)} ({submodule.Shown})";
                GitRejectedException No(GitRejection reason, string why) => new(reason, $"{what} {why}");
                if (!GitText.IsUtf8(path)) throw No(GitRejection.Refused, "has a name that is not UTF-8.");
                if (submodule.Url is null) throw No(GitRejection.NotFound, "has no URL in .gitmodules.");
                var address = submodule.Resolve(above[^1]) ?? throw No(GitRejection.Refused, "has a URL that cannot be fetched from: it must be https without a user, relative to the repository's own, or such that it means the same over https.");
                if (above.Contains(address)) continue;
                if (above.Count > _options.MaxSubmoduleDepth) throw No(GitRejection.Refused, $"lies more than {_options.MaxSubmoduleDepth} submodules deep.");
                if (found.Count == _options.MaxSubmodules) throw No(GitRejection.Refused, $"is one too many: at most {_options.MaxSubmodules} are fetched.");
                GitMirror theirs;
                try
                {
                    theirs = await FetchPinnedAsync(address, root, submodule.Sha, await credentials(address, cancellationToken), cancellationToken);
                }
                catch (GitRejectedException e)
                {
                    throw No(e.Reason, e.Reason is GitRejection.NotFound or GitRejection.Authentication or GitRejection.Credential && !e.Message.StartsWith("Commit ", StringComparison.Ordinal)
                        ? "cannot be fetched: there is no such repository, or this account may not read it."
                        : $"cannot be fetched: {e.Message}");
                }
                catch (GitUnavailableException e)
                {
                    throw new GitUnavailableException($"{what} cannot be fetched now: {e.Message}", e);
                }

                var size = (await ListTreeAsync(theirs, submodule.Sha, cancellationToken)).Sum(e => e.Size);
                bytes += size;
                if (bytes > _options.MaxSubmoduleBytes) throw No(GitRejection.Refused, $"makes them too large: all together may have {_options.MaxSubmoduleBytes} bytes.");
                found.Add(new SubmoduleFiles(path, theirs, submodule.Sha, size));
                if (recursive) await WalkAsync(theirs, submodule.Sha, path + "/", [.. above, address]);
            }
        }
    }

    /// <summary>A mirror with one commit of a repository that another one names.</summary>
    private async Task<GitMirror> FetchPinnedAsync(Uri address, Uri root, string sha, GitCredential? credential, CancellationToken cancellationToken)
    {
        // Not the mirror that tasks in that repository have: this one has no history.
        var mirror = await OpenMirrorAsync($"submodule:{address.AbsoluteUri}", cancellationToken);
        if (await ResolveAsync(mirror, sha, cancellationToken) is not null) return mirror;
        var remote = GitRemote.Parse(address.AbsoluteUri, credential, _options.AllowFileProtocol) with { Pin = await PinAsync(address, root, cancellationToken) };
        using var turn = await MirrorLock.TakeAsync(mirror.GitDirectory, _time, cancellationToken);
        var exact = await FetchExactAsync(remote);
        // A token for other repositories may be worth less than none.
        if (exact.ExitCode != 0 && credential is not null && GitFailures.Classify("fetch", address, exact.Error) is GitRejectedException { Reason: GitRejection.Authentication or GitRejection.Credential or GitRejection.NotFound })
        {
            remote = remote with { Credential = null };
            exact = await FetchExactAsync(remote);
        }

        if (exact.ExitCode != 0)
        {
            if (GitFailures.Classify("fetch", address, exact.Error) is GitRejectedException { Reason: GitRejection.Authentication or GitRejection.Credential or GitRejection.Unsafe or GitRejection.Unsupported } final) throw final;
            // A server that gives no single commit, or not without its history.
            var all = await FetchAsync(mirror, remote, ["*"], cancellationToken, whole: true);
            if (all.ExitCode != 0) throw GitFailures.Classify("fetch", address, all.Error);
        }

        if (await ResolveAsync(mirror, sha, cancellationToken) is null)
            throw new GitRejectedException(GitRejection.NotFound, $"Commit {sha}, which it is pinned to, is not there; was it never pushed?");
        return mirror;

        Task<GitCallResult> FetchExactAsync(GitRemote from) => _git.TryAsync(
            new GitCall(mirror.GitDirectory, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", from.Url.AbsoluteUri, sha)
            {
                Remote = from,
            },
            cancellationToken);
    }

    /// <summary>Judges the addresses of a host that a repository names, and ties git to them. The forge's own host is not judged.</summary>
    private async Task<string?> PinAsync(Uri address, Uri root, CancellationToken cancellationToken)
    {
        if (address.GetLeftPart(UriPartial.Authority) == root.GetLeftPart(UriPartial.Authority) || _options.HttpProxy is not null) return null;
        IPAddress[] addresses;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(address.DnsSafeHost, cancellationToken);
        }
        catch (SocketException e)
        {
            throw e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData
                ? new GitRejectedException(GitRejection.Refused, $"there is no host {address.Host}.")
                : new GitUnavailableException($"{address.Host} cannot be looked up.", e);
        }

        var policy = new EgressPolicy(new EgressOptions { AllowedRanges = _options.AllowedRanges });
        var open = Array.FindAll(addresses, a => policy.Refusal(a) is null);
        if (open.Length == 0) throw new GitRejectedException(GitRejection.Refused, $"{address.Host} must not be connected to, because {(addresses.Length == 0 ? "it has no address" : policy.Refusal(addresses[0]))}.");
        // An address is looked up by nobody.
        return IPAddress.TryParse(address.DnsSafeHost, out _) ? null : string.Create(CultureInfo.InvariantCulture, $"{address.DnsSafeHost}:{address.Port}:{string.Join(',', open.Select(a => a.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{a}]" : a.ToString()))}");
    }
}
