using System.Security.Cryptography;
using System.Text;
using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Apply;

/// <summary>
/// Makes the commits of a step and puts its branch on the last of them: made here, signed where there is a key, and pushed; or, where the forge is to
/// sign them, their objects pushed aside, each made anew by the forge, and the branch moved by it.
/// </summary>
/// <remarks>
/// What is signed may come out otherwise each time. So before anything is made the branch is looked at: a chain of the same trees and parents that names
/// this task and step is this step's, from an attempt whose end was not heard. What an attempt made and did not put on the branch is given up.
/// </remarks>
internal sealed class ChainPublisher(TrustedGit git, RepositoryMirrors mirrors, IForge forge, ITokenSource tokens)
{
    /// <summary>Publishes the chain. Repeating it adds nothing.</summary>
    /// <param name="chain">What, and where.</param>
    /// <param name="byForge">Whether the forge makes and signs the commits.</param>
    /// <param name="linkAsync">Called with the new head before the branch is moved: events about it may be faster than we are.</param>
    /// <param name="ct">Stops.</param>
    public async Task<PublishedChain> PublishAsync(CommitChain chain, bool byForge, Func<string, Task> linkAsync, CancellationToken ct)
    {
        if ((byForge || git.SignsCommits) && await FindAsync(chain, ct) is { } ours)
        {
            await linkAsync(ours);
            if (byForge)
                await RemoveAsideAsync(chain, ct);
            return new PublishedChain(ours);
        }

        if (byForge)
            return await MakeByForgeAsync(chain, linkAsync, ct);
        var sha = await MakeAsync(chain, sign: !forge.SignsCommits(chain.Repo), ct);
        await linkAsync(sha);
        try
        {
            await WithTokenAsync(chain, (url, credential) => git.PushAsync(chain.Mirror, url, credential, sha, chain.Branch, chain.Expected, chain.Repository.DefaultBranch, ct), ct);
        }
        catch (GitRejectedException e) when (e.Reason is GitRejection.StaleExpectation or GitRejection.NotFastForward)
        {
            return PublishedChain.Conflicts(chain.Meanwhile);
        }
        catch (GitRejectedException e) when (e.Reason == GitRejection.BranchInTheWay)
        {
            return PublishedChain.Conflicts(e.Message);
        }

        return new PublishedChain(sha);
    }

    /// <summary>The branch's head, where it is this chain; null where it is not.</summary>
    private async Task<string?> FindAsync(CommitChain chain, CancellationToken ct)
    {
        var head = await forge.GetBranchHeadAsync(chain.Repo, chain.Branch, ct);
        if (head is null || head == chain.Expected)
            return null;
        await mirrors.WithCommitAsync(chain.Repo, head, ct);
        var at = head;
        foreach (var link in Enumerable.Reverse(chain.Links))
        {
            var made = await git.ReadCommitAsync(chain.Mirror, at, ct);
            if (made.Tree != link.Tree || made.Parents.Count == 0 || !made.Parents.Skip(1).SequenceEqual(link.Merged) || !CommitText.Trailers(made.Message).SequenceEqual(CommitText.Trailers(link.Message)))
                return null;
            at = made.Parents[0];
        }

        return at == chain.Start ? head : null;
    }

    private async Task<string> MakeAsync(CommitChain chain, bool sign, CancellationToken ct)
    {
        var at = chain.Start;
        foreach (var link in chain.Links)
            at = await git.CommitAsync(chain.Mirror, link.Tree, [at, .. link.Merged], link.Message, chain.Identity, chain.Date, ct, sign);
        return at;
    }

    private async Task<PublishedChain> MakeByForgeAsync(CommitChain chain, Func<string, Task> linkAsync, CancellationToken ct)
    {
        var carrier = await MakeAsync(chain, sign: false, ct);
        await WithTokenAsync(chain, (url, credential) => git.PushAsideAsync(chain.Mirror, url, credential, carrier, chain.Name, ct), ct);
        PublishedChain published;
        try
        {
            published = await MakeAnewAsync(chain, linkAsync, ct);
        }
        catch (ForgeRejectedException)
        {
            // Nobody comes back for it.
            await RemoveAsideAsync(chain, ct);
            throw;
        }

        await RemoveAsideAsync(chain, ct);
        return published;
    }

    private async Task<PublishedChain> MakeAnewAsync(CommitChain chain, Func<string, Task> linkAsync, CancellationToken ct)
    {
        var at = chain.Start;
        foreach (var link in chain.Links)
        {
            var asked = new NewCommit(link.Tree, [at, .. link.Merged], link.Message);
            var made = await forge.MakeCommitAsync(chain.Repo, asked, ct);
            if (made.Commit.Tree != asked.Tree || !made.Commit.Parents.SequenceEqual(asked.Parents) || Plain(made.Commit.Message) != Plain(asked.Message))
                return PublishedChain.Refused("it holds something else than it was asked for");
            if (!made.IsVerified)
                return PublishedChain.Refused(made.Reason);
            at = made.Sha;
        }

        await linkAsync(at);
        try
        {
            return await forge.MoveBranchAsync(chain.Repo, new BranchMove(chain.Branch, chain.Expected, at, chain.Repository.DefaultBranch), ct) ? new PublishedChain(at) : PublishedChain.Conflicts(chain.Meanwhile);
        }
        catch (ForgeRejectedException) when (chain.Expected is null)
        {
            // The forge's interface does not say what is in the way; git does.
            if (await mirrors.BranchInTheWayAsync(chain.Repo, chain.Branch, ct) is { } other)
                return PublishedChain.Conflicts(GitFailures.InTheWayMessage(other));
            throw;
        }
    }

    private Task RemoveAsideAsync(CommitChain chain, CancellationToken ct) =>
        WithTokenAsync(chain, (url, credential) => git.RemoveAsideAsync(chain.Mirror, url, credential, chain.Name, ct), ct);

    private async Task WithTokenAsync(CommitChain chain, Func<string, GitCredential, Task> push, CancellationToken ct)
    {
        var token = await tokens.GetTokenAsync(chain.Repo, "push", TokenPermissions.WriteContents, ct);
        try
        {
            await push(chain.Repository.CloneUrl.AbsoluteUri, new GitCredential(token.Username, token.Secret));
        }
        catch (GitRejectedException e) when (e.Reason == GitRejection.Credential)
        {
            // The next attempt is not to be refused for the same.
            tokens.Drop(token);
            throw;
        }
    }

    // Forges differ in what they make of the end of a message.
    private static string Plain(string message) => message.ReplaceLineEndings("\n").TrimEnd();
}

/// <summary>Commits that are to be a branch's.</summary>
/// <param name="Repository">Repository as the forge describes it.</param>
/// <param name="Mirror">Its mirror, with all trees.</param>
/// <param name="Branch">The branch.</param>
/// <param name="Expected">Where it must be now; null when it must not exist.</param>
/// <param name="Start">Parent of the first one.</param>
/// <param name="Links">The commits, the first one first.</param>
internal sealed record CommitChain(Repository Repository, GitMirror Mirror, string Branch, string? Expected, string Start, IReadOnlyList<CommitChain.Link> Links)
{
    /// <summary>Repository by the name that the task knows it by.</summary>
    public required RepoRef Repo { get; init; }

    /// <summary>Task and step: two never have the same.</summary>
    public required (TaskId Task, string Step) Of { get; init; }

    /// <summary>Author and committer of what is made here.</summary>
    public required GitIdentity Identity { get; init; }

    /// <summary>Its date.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>A word for task and step.</summary>
    public string Name => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Of.Task}\n{Of.Step}")))[..40];

    /// <summary>What is told when the branch is not where it should be.</summary>
    public string Meanwhile => $"Somebody pushed to {Branch} meanwhile.";

    /// <summary>One commit.</summary>
    /// <param name="Tree">Its tree.</param>
    /// <param name="Message">Its message.</param>
    /// <param name="Merged">Parents beyond the one before it.</param>
    public sealed record Link(string Tree, string Message, IReadOnlyList<string> Merged);
}

/// <summary>What became of a chain.</summary>
/// <param name="Head">The branch's head; null when it was not moved.</param>
/// <param name="Conflict">What is in the way on the branch; empty when nothing.</param>
/// <param name="Verdict">Why it may not be; null when it may.</param>
internal sealed record PublishedChain(string? Head, string Conflict = "", GateVerdict? Verdict = null)
{
    /// <summary>Somebody else's branch.</summary>
    public static PublishedChain Conflicts(string why) => new(null, why);

    /// <summary>The forge made no verified commit.</summary>
    public static PublishedChain Refused(string why) => new(null, Verdict: CommitsGate.NotVerified(why));
}
