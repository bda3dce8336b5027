using System.Text.Json.Serialization;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;

namespace CodingAgent.Workflows.Tasks;

/// <summary>
/// Everything the outside tells a running task, through the one signal <c>Notify</c>. The router has authorised the actor before
/// sending. The workflow ignores delivery ids it has seen. Each case repeats its discriminator, because payload converters serialise by
/// the value's own type and would leave it out otherwise (which is also why the cases are not sealed).
/// </summary>
/// <param name="DeliveryId">Key of the dedupe.</param>
/// <param name="Actor">Login of who caused it.</param>
/// <param name="At">When the person wrote or did it, by the forge's clock; for what only wakes a task, and over REST, when it arrived.</param>
[JsonDerivedType(typeof(CommandGiven), "command")]
[JsonDerivedType(typeof(CommentWritten), "comment")]
[JsonDerivedType(typeof(ReviewSubmitted), "review")]
[JsonDerivedType(typeof(CiChanged), "ci")]
[JsonDerivedType(typeof(PullChanged), "pull")]
[JsonDerivedType(typeof(IssueClosed), "issue-closed")]
[JsonDerivedType(typeof(LabelRemoved), "label-removed")]
[JsonDerivedType(typeof(Unassigned), "unassigned")]
[JsonDerivedType(typeof(PartReported), "part")]
[JsonDerivedType(typeof(EndedByTask), "ended-by-task")]
[JsonDerivedType(typeof(TogetherChanged), "together")]
[JsonDerivedType(typeof(WordsGone), "words-gone")]
public abstract record CodingTaskSignal(string DeliveryId, string Actor, DateTimeOffset At)
{
    /// <summary>A command (also the one or the label that asked for the start).</summary>
    [JsonDerivedType(typeof(CommandGiven), "command")]
    public record CommandGiven(string DeliveryId, string Actor, DateTimeOffset At, AgentCommand Command, long? CommentId)
        : CodingTaskSignal(DeliveryId, Actor, At)
    {
        /// <summary>
        /// True when it came over REST: <see cref="CodingTaskSignal.At"/> is then this service's time, which must not be compared with the
        /// forge's, and a word on a plan counts for the plan that is shown when it arrives.
        /// </summary>
        public bool FromRest { get; init; }

        /// <summary>Where it stands on the forge; null over REST.</summary>
        public Statement? Statement { get; init; }

        /// <summary>An approval as the control role signed it; null for every other command.</summary>
        public SignedRecord? Record { get; init; }
    }

    /// <summary>A comment without a command by an authorised person.</summary>
    [JsonDerivedType(typeof(CommentWritten), "comment")]
    public record CommentWritten(string DeliveryId, string Actor, DateTimeOffset At, long CommentId, string Body)
        : CodingTaskSignal(DeliveryId, Actor, At)
    {
        /// <summary>
        /// Whether it speaks to the task: it mentions the bot, or came over REST. Others count where the policy takes all. Null is from a
        /// version that told no difference: it steers whichever agent runs next, and wakes nothing.
        /// </summary>
        public bool? IsAddressed { get; init; }

        /// <summary>The issue or pull request it stands on; null over REST, and from earlier versions.</summary>
        public int? Number { get; init; }

        /// <summary>Which of the two; null from a version that knew only forges that number both in one row.</summary>
        public bool? IsPull { get; init; }
    }

    /// <summary>A review was submitted; its text and threads are read by an activity.</summary>
    [JsonDerivedType(typeof(ReviewSubmitted), "review")]
    public record ReviewSubmitted(string DeliveryId, string Actor, DateTimeOffset At, long ReviewId, ReviewState State, string HeadSha)
        : CodingTaskSignal(DeliveryId, Actor, At);

    /// <summary>Some CI result arrived; wakes the task, nothing more.</summary>
    [JsonDerivedType(typeof(CiChanged), "ci")]
    public record CiChanged(string DeliveryId, string Actor, DateTimeOffset At, string HeadSha)
        : CodingTaskSignal(DeliveryId, Actor, At);

    /// <summary>The pull request changed.</summary>
    [JsonDerivedType(typeof(PullChanged), "pull")]
    public record PullChanged(string DeliveryId, string Actor, DateTimeOffset At, PullChange Change, string HeadSha)
        : CodingTaskSignal(DeliveryId, Actor, At);

    /// <summary>The issue was closed.</summary>
    [JsonDerivedType(typeof(IssueClosed), "issue-closed")]
    public record IssueClosed(string DeliveryId, string Actor, DateTimeOffset At) : CodingTaskSignal(DeliveryId, Actor, At);

    /// <summary>The trigger or working label was taken off by a person: stop.</summary>
    [JsonDerivedType(typeof(LabelRemoved), "label-removed")]
    public record LabelRemoved(string DeliveryId, string Actor, DateTimeOffset At, string Label) : CodingTaskSignal(DeliveryId, Actor, At);

    /// <summary>The bot's account was taken off the issue by a person: stop.</summary>
    [JsonDerivedType(typeof(Unassigned), "unassigned")]
    public record Unassigned(string DeliveryId, string Actor, DateTimeOffset At) : CodingTaskSignal(DeliveryId, Actor, At);

    /// <summary>The task's label or status comment is not there any more: it says both anew.</summary>
    [JsonDerivedType(typeof(WordsGone), "words-gone")]
    public record WordsGone(string DeliveryId, string Actor, DateTimeOffset At) : CodingTaskSignal(DeliveryId, Actor, At);

    /// <summary>A part tells the whole how it stands.</summary>
    [JsonDerivedType(typeof(PartReported), "part")]
    public record PartReported(string DeliveryId, string Actor, DateTimeOffset At, string Part, PartReport Report) : CodingTaskSignal(DeliveryId, Actor, At);

    /// <summary>The whole tells a part of those it belongs together with.</summary>
    [JsonDerivedType(typeof(TogetherChanged), "together")]
    public record TogetherChanged(string DeliveryId, string Actor, DateTimeOffset At, TogetherNews News) : CodingTaskSignal(DeliveryId, Actor, At);

    /// <summary>Another task ends this one: the whole its parts, a newer upgrade an older one.</summary>
    [JsonDerivedType(typeof(EndedByTask), "ended-by-task")]
    public record EndedByTask(string DeliveryId, string Actor, DateTimeOffset At, TaskState State, string Reason) : CodingTaskSignal(DeliveryId, Actor, At);
}
