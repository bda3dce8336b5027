using CodingAgent.Agents.Cohort;
using CodingAgent.TestKit;
using Microsoft.Extensions.AI;

namespace CodingAgent.Workflows.Tests.Comments;

/// <summary>What people said, as the agents read it.</summary>
public sealed class PromptTests
{
    [Fact]
    public void Planner_ConversationAndWords_MatchSnapshot() => Snapshot.Match("prompt-planner", Text(new PlannerBrief(new TaskContext
    {
        Repository = "acme/payments",
        Issue = new IssueText(7, "Add retries", "Please.", "eve"),
        Conversation = [new PersonText("bob", "Decision of the team: three attempts."), new PersonText("ada", "- and no jitter\n- <!-- hidden --> please")],
        ConversationLeftOut = ["4 older comments left out, for length"],
        Request = new PersonText("ada", "but KEEP-POSIX please"),
    }).ToMessages()));

    [Fact]
    public void Fixer_ThreadsAndRemarks_MatchSnapshot() => Snapshot.Match("prompt-fixer", Text(new FixerBrief(new TaskContext { Repository = "acme/payments" }, null)
    {
        Remarks = [new PersonText("ann", "only the linter")],
        Reviews = [new PersonText("ada", "Nearly there.")],
        Threads =
        [
            new ThreadText(1, "src/a.cs", 8, [new PersonText("ada", "All of this?")]) { StartLine = 3, DiffHunk = "@@ -1 +1 @@\n+x" },
            new ThreadText(2, "src/a.cs", 5, [new PersonText("ada", "Why did it go?")]) { IsOnOldSide = true },
            new ThreadText(3, "src/a.cs", 4, [new PersonText("ada", "Name it.")]) { StartLine = 2, IsOutdated = true },
            new ThreadText(4, "src/a.cs", null, [new PersonText("ada", "Too long a file.")]),
            new ThreadText(5, "src/a.cs", 2, [new PersonText("ada", "Rather so.")]) { Suggestions = [new SuggestedLines(2, 2, "two")] },
            new ThreadText(6, "src/a.cs", 7, [new PersonText("ada", "Or so.")]) { StartLine = 6, Suggestions = [new SuggestedLines(6, 7, "  x\n# y") { WhyNotApplied = "another remark proposes something else for the same lines" }] },
            new ThreadText(7, "src/a.cs", 9, [new PersonText("ada", "Drop it.")]) { Suggestions = [new SuggestedLines(9, 9, null) { WhyNotApplied = "the file has no such lines any more" }] },
        ],
    }.ToMessages()));

    private static string Text(IReadOnlyList<ChatMessage> messages) => messages.ShouldHaveSingleItem().Text;
}
