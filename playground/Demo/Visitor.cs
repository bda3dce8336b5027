using System.Text.Json.Nodes;

namespace CodingAgent.Playground.Demo;

/// <summary>What the story's person does and sees at a forge, in the story's words; each forge says how.</summary>
internal abstract class Visitor
{
    /// <summary>The forge's name for a change that is offered to be merged, and what stands before its number.</summary>
    public abstract (string Name, string Sign) Pull { get; }

    /// <summary>Page of the repository.</summary>
    public abstract Uri RepositoryPage { get; }

    /// <summary>Page of a pull request.</summary>
    public abstract Uri PageOf(int pull);

    /// <summary>Opens an issue; its number.</summary>
    public abstract Task<int> OpenIssueAsync(string title, string body, CancellationToken ct);

    /// <summary>Labels an issue.</summary>
    public abstract Task LabelAsync(int issue, string label, CancellationToken ct);

    /// <summary>Labels of an issue.</summary>
    public abstract Task<IReadOnlyList<string>> LabelsAsync(int issue, CancellationToken ct);

    /// <summary>Comments on an issue.</summary>
    public abstract Task CommentAsync(int issue, string body, CancellationToken ct);

    /// <summary>What the bot wrote on an issue.</summary>
    public abstract Task<IReadOnlyList<string>> BotWordsAsync(int issue, CancellationToken ct);

    /// <summary>What the bot wrote on a pull request, on lines too.</summary>
    public abstract Task<IReadOnlyList<string>> BotWordsOnPullAsync(int pull, CancellationToken ct);

    /// <summary>The bot's answer in a thread of a pull request; null while there is none.</summary>
    public abstract Task<string?> ThreadAnswerAsync(int pull, CancellationToken ct);

    /// <summary>All pull requests, also those that were merged.</summary>
    public abstract Task<IReadOnlyList<PullSeen>> PullsAsync(CancellationToken ct);

    /// <summary>Messages of the commits of a pull request.</summary>
    public abstract Task<IReadOnlyList<string>> CommitsAsync(int pull, CancellationToken ct);

    /// <summary>What CI says of a commit, in GitHub's words: <c>success</c>, <c>failure</c>, or what it is doing; and what others report.</summary>
    public abstract Task<(IReadOnlyList<CiSeen> Jobs, IReadOnlyList<CiSeen> Reports)> CiAsync(string sha, CancellationToken ct);

    /// <summary>What the red jobs of a commit printed.</summary>
    public abstract Task<string> WhyRedAsync(string sha, CancellationToken ct);

    /// <summary>Asks for changes, with a remark on the first line that the pull request adds to a file.</summary>
    public abstract Task RequestChangesAsync(int pull, string path, string remark, CancellationToken ct);

    /// <summary>Approves.</summary>
    public abstract Task ApproveAsync(int pull, CancellationToken ct);

    /// <summary>Merges.</summary>
    public abstract Task MergeAsync(int pull, CancellationToken ct);

    /// <summary>The default branch: its name, its head, and that commit's parents.</summary>
    public abstract Task<(string Name, string Sha, IReadOnlyList<string> Parents)> DefaultBranchAsync(CancellationToken ct);

    /// <summary>A pull request as it is seen.</summary>
    public sealed record PullSeen(int Number, string Title, bool IsOpen, bool IsDraft, string Head);

    /// <summary>A line of CI.</summary>
    public sealed record CiSeen(string Name, string State);

    /// <summary>A text of the forge's JSON.</summary>
    protected static string Text(JsonNode? node, string name) => node![name]!.GetValue<string>();
}
