using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Hooks;

/// <summary>A receiver of webhooks.</summary>
internal sealed record Hook(long Id, Uri Url, string Secret, DateTimeOffset CreatedAt)
{
    /// <summary>What makes it a project's hook of GitLab; null for GitHub's, which is told of everything.</summary>
    public GitLabHook? GitLab { get; init; }
}

/// <summary>A project's hook of GitLab.</summary>
/// <param name="Repo">The project.</param>
/// <param name="SigningKey">Key of its signatures; null for a hook that shows the token alone.</param>
/// <param name="Triggers">What it is told of, by GitLab's names, e.g. <c>note_hooks</c>.</param>
/// <param name="Uuid">Names it in the headers.</param>
internal sealed record GitLabHook(Repo Repo, byte[]? SigningKey, IReadOnlySet<string> Triggers, Guid Uuid);
