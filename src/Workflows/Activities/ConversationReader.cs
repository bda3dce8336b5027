using System.Net;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// Reads what people with write access wrote on an issue or pull request before a task was asked for, as it read then: what was decided there
/// is part of what is asked. By the forge's clock; over REST, which has no such time, what is there counts.
/// </summary>
internal sealed class ConversationReader(IForge forge, Func<RepoRef, string, bool> allowsBot)
{
    private const int MostComments = 30;
    private const int LongestComment = 4_000;
    private const int MostCharacters = 24_000;

    // Asking who wrote something, and whether they changed it since, costs calls: of a very long conversation the end is looked at.
    private const int MostLookedAt = 200;

    /// <summary>Reads the conversation of a page.</summary>
    /// <param name="input">The task.</param>
    /// <param name="on">The issue or pull request.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Conversation> ReadAsync(CodingTaskInput input, Subject on, CancellationToken cancellationToken)
    {
        DateTimeOffset? asked = input.Statement is null ? null : input.RequestedAt;
        var trigger = input.Statement is { Kind: StatementKind.Comment } statement ? statement.Id : (long?)null;
        var self = await forge.GetSelfAsync(input.Repo, cancellationToken);
        var writers = new Writers(forge, input.Repo, allowsBot);
        var hidden = await HiddenAsync(input.Repo, on, cancellationToken);
        var before = (await forge.ListCommentsAsync(input.Repo, on, cancellationToken))
            .Where(c => c.Id != trigger && !hidden.Contains(c.Id) && !(c.CreatedAt > asked) && !c.Author.IsSame(self)).OrderBy(c => c.CreatedAt).ThenBy(c => c.Id).ToList();
        var kept = new List<PersonText>();
        var (older, edited, room) = (Math.Max(0, before.Count - MostLookedAt), 0, MostCharacters);
        foreach (var comment in before.TakeLast(MostLookedAt).Reverse())
        {
            if (kept.Count == MostComments || room <= 0)
            {
                older++;
                continue;
            }

            if (!await writers.HaveAsync(comment.Author, cancellationToken))
                continue;
            if (await AsReadThenAsync(input.Repo, on, comment, asked, cancellationToken) is not { } body)
            {
                edited++;
                continue;
            }

            if (SaysNothing(body))
                continue;
            var text = TextCut.Head(body, LongestComment, "…");
            room -= text.Length;
            if (room < 0)
                older++;
            else
                kept.Add(new PersonText(comment.Author.Login, text));
        }

        kept.Reverse();
        return new Conversation(kept, [
            .. older > 0 ? (string[])[$"{Markdown.Count(older, "older comment")} left out, for length"] : [],
            .. edited > 0 ? (string[])[$"{Markdown.Count(edited, "comment")} left out: changed after the task was asked for, or by somebody else than the author"] : [],
        ]);
    }

    // Where we may not ask, what people with write access wrote counts as they wrote it.
    private async Task<IReadOnlyCollection<long>> HiddenAsync(RepoRef repo, Subject on, CancellationToken cancellationToken)
    {
        try
        {
            return await forge.ListHiddenCommentsAsync(repo, on, cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.Forbidden or HttpStatusCode.UnprocessableEntity)
        {
            return [];
        }
    }

    /// <summary>The text as it read when the task was asked for, in its author's words; null where nobody knows it any more.</summary>
    private async Task<string?> AsReadThenAsync(RepoRef repo, Subject on, IssueComment comment, DateTimeOffset? asked, CancellationToken cancellationToken)
    {
        // Times are whole seconds: within the second of the request, they do not show a change.
        if (comment.UpdatedAt <= comment.CreatedAt && !(comment.UpdatedAt >= asked))
            return comment.Body;
        var found = await forge.FindCommentAsync(repo, on, comment.Id, withEdit: true, cancellationToken);
        return found is null || (found.Edit is { } edit && (edit.At >= asked || !edit.By.IsSame(found.Author))) ? null : found.Body;
    }

    // Commands to earlier tasks are no decisions of the team.
    private static bool SaysNothing(string body) => string.IsNullOrWhiteSpace(body)
        || (CommandParser.Parse(body) is { Count: > 0 } commands && commands.All(c => c is not ParsedCommand.Understood { Command: AgentCommand.Reject or { Words: not null } }));
}

/// <summary>What was written before a task was asked for.</summary>
/// <param name="Comments">Comments of people with write access, oldest first.</param>
/// <param name="LeftOut">What is missing and why, a line each.</param>
internal sealed record Conversation(IReadOnlyList<PersonText> Comments, IReadOnlyList<string> LeftOut)
{
    /// <summary>No conversation.</summary>
    public static Conversation None { get; } = new([], []);
}
