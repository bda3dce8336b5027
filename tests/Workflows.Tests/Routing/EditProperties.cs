using CodingAgent.Forges;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using FsCheck;
using FsCheck.Fluent;
using static CodingAgent.Workflows.Tests.Routing.RoutingWorld;

namespace CodingAgent.Workflows.Tests.Routing;

/// <summary>However often a comment is edited, by whomever: each command runs once, and only as its author's word.</summary>
public sealed class EditProperties
{
    private static readonly Actor Owner = new("owner", 77, ActorKind.User);
    private static readonly (string Text, string? Command)[] Texts =
    [
        ("hm", null), ("`/agent stop`", null), ("> /agent stop", null),
        ("/agent stop", "stop"), ("/agent stop\n", "stop"), ("Please.\n\n  /agent  stop", "stop"), ("/agent stop\n/agent approve", "stop|approve"),
        ("/agent approve\n\nother words", "approve"), ("/agent approve\n/agent approve", "approve"), ("/agent stop now", "stop"),
        ("/agent approve", "approve"), ("/AGENT approve\r\n", "approve"), ("/agent approve abcdef123456", "approve abcdef123456"),
        ("/agent reject a b", "reject a b"), ("/agent reject a  b ", "reject a b"), ("/agent reject a\nb", "reject a b"), ("/agent reject ab", "reject ab"),
    ];

    [Fact]
    public async Task Edits_InAnyOrder_RunEachCommandOnceAndOnlyTheAuthors()
    {
        var edit = from text in Gen.Choose(0, Texts.Length - 1) from isAuthor in Gen.Frequency((4, Gen.Constant(true)), (1, Gen.Constant(false))) select (text, isAuthor);
        var story = from first in Gen.Choose(0, Texts.Length - 1) from edits in edit.ListOf() select (first, edits: edits.Take(10).ToArray());
        using var world = new RoutingWorld();
        await world.OwnTaskAsync(TaskState.AwaitingApproval);
        world.Forge.Access["owner"] = AccessLevel.Admin;
        var comment = 1_000L;
        Prop.ForAll(story.ToArbitrary(), s => Holds(world, ++comment, s.first, s.edits)).Check(Config.QuickThrowOnFailure.WithMaxTest(100));
    }

    private static bool Holds(RoutingWorld world, long id, int first, (int Text, bool IsAuthor)[] edits)
    {
        var ran = new HashSet<string>(StringComparer.Ordinal);
        var isRight = Expect(ran, Texts[first].Command, true, world.CommentAsync(Mona, 12, false, Texts[first].Text, id));
        foreach (var (text, isAuthor) in edits)
            isRight &= Expect(ran, Texts[text].Command, isAuthor, world.EditAsync(isAuthor ? Mona : Owner, id, Texts[text].Text, Now));
        return isRight;
    }

    private static bool Expect(HashSet<string> ran, string? command, bool isAuthor, Task<IReadOnlyList<BotAction>> deciding)
    {
        var commands = deciding.GetAwaiter().GetResult().OfType<BotAction.Signal>().Count(s => s.Message is CodingTaskSignal.CommandGiven);
        return commands == (isAuthor ? (command?.Split('|') ?? []).Count(ran.Add) : 0);
    }
}
