using System.ComponentModel.DataAnnotations;

namespace CodingAgent.BotHost.Api;

/// <summary>Body of <c>POST /tasks</c>.</summary>
public sealed record CreateTaskRequest
{
    /// <summary><c>owner/name</c> or <c>github:owner/name</c>.</summary>
    [Required]
    public string? Repo { get; init; }

    /// <summary>Branch to base the work on; the default branch when absent.</summary>
    [MinLength(1), MaxLength(TaskRequestReader.MaxBranchLength)]
    public string? BaseBranch { get; init; }

    /// <summary>
    /// Address of an issue of the repository, or of a page on another host that the operator allows. Nothing reads the latter: <see cref="Goal"/> or
    /// <see cref="AcceptanceCriteria"/> say what is to be done, and the address goes along.
    /// </summary>
    [MaxLength(TaskRequestReader.MaxUrlLength)]
    public string? TicketUrl { get; init; }

    /// <summary>What to achieve, when there is no issue of the repository.</summary>
    [MinLength(1), MaxLength(TaskRequestReader.MaxGoalLength)]
    public string? Goal { get; init; }

    /// <summary>Which job, by the verb that people write after <c>/agent</c> on an issue (<c>implement</c>, <c>plan</c>, <c>fix</c>, <c>upgrade</c>, <c>refactor</c>); <c>implement</c> when absent.</summary>
    public string? Job { get; init; }

    /// <summary>What people would write after the verb, such as <c>lodash to 4.17.21</c>; nothing when absent.</summary>
    [MinLength(1), MaxLength(TaskRequestReader.MaxItemLength)]
    public string? Words { get; init; }

    /// <summary>When it counts as done.</summary>
    [MaxLength(TaskRequestReader.MaxItems)]
    public IReadOnlyList<string>? AcceptanceCriteria { get; init; }

    /// <summary>What must stay true.</summary>
    [MaxLength(TaskRequestReader.MaxItems)]
    public IReadOnlyList<string>? Constraints { get; init; }

    /// <summary>
    /// Repeating a request with the same key starts nothing new: for a goal ever, for an issue as long as its task runs (an ended one may
    /// be asked for again). Letters, digits, <c>-</c> and <c>_</c>, at most 64.
    /// </summary>
    [RegularExpression(TaskRequestReader.KeyPattern)]
    public string? IdempotencyKey { get; init; }
}
