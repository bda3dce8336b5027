using System.Collections.Concurrent;
using CodingAgent.Forges;

namespace CodingAgent.TestKit;

/// <summary>Tokens that open nothing, and a list of who asked for what.</summary>
public sealed class FakeTokens : ITokenSource
{
    public ConcurrentQueue<(string Step, TokenPermissions Permissions, RepoRef? Repo)> Asked { get; } = [];

    /// <summary>Repositories that a token was asked for.</summary>
    public ConcurrentQueue<RepoRef?> Repositories { get; } = [];

    /// <summary>Called with the step before a token is handed out: a test throws there.</summary>
    public Action<string>? Interrupts { get; set; }

    public ValueTask<ForgeToken> GetTokenAsync(RepoRef? repo, string step, TokenPermissions permissions, CancellationToken cancellationToken)
    {
        Interrupts?.Invoke(step);
        Asked.Enqueue((step, permissions, repo));
        Repositories.Enqueue(repo);
        return ValueTask.FromResult(new ForgeToken("t0ken", "bot"));
    }
}
