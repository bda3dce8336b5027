using System.Text.Json.Serialization;
using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;

namespace CodingAgent.Workflows.Tasks;

/// <summary>What starts a task.</summary>
/// <param name="Id">Task and workflow id.</param>
/// <param name="Repo">Repository.</param>
/// <param name="Kind">Kind of work.</param>
/// <param name="Issue">Issue it answers, if any.</param>
/// <param name="Pull">Pull request it starts on, if any.</param>
/// <param name="RequestedBy">Who asked; already authorised by the router.</param>
/// <param name="DeliveryId">Delivery that started it; a repeat of it is ignored.</param>
/// <param name="RequestedAt">When it was asked.</param>
public sealed record CodingTaskInput(
    TaskId Id, RepoRef Repo, TaskKind Kind, int? Issue, int? Pull, Actor RequestedBy, string DeliveryId, DateTimeOffset RequestedAt)
{
    /// <summary>What it was asked for on; null for a goal.</summary>
    [JsonIgnore]
    public Subject? About => Subject.Of(Issue, Pull);

    /// <summary>Digest of the issue's title and body as they read when it was asked: other text is not used. Null when nobody knows it.</summary>
    public string? IssueDigest { get; init; }

    /// <summary>What was written besides the command that asked for it; null for nothing. Outside text.</summary>
    public string? Words { get; init; }

    /// <summary>A plan was asked for: it waits for a person whatever the policy says.</summary>
    public bool AsksForPlan { get; init; }

    /// <summary>Goal text of a task created over REST; null when the issue is the goal.</summary>
    public string? Goal { get; init; }

    /// <summary>Acceptance criteria given over REST.</summary>
    public IReadOnlyList<string> AcceptanceCriteria { get; init; } = [];

    /// <summary>Constraints given over REST.</summary>
    public IReadOnlyList<string> Constraints { get; init; } = [];

    /// <summary>Branch to base the work on; null means the default branch.</summary>
    public string? BaseBranch { get; init; }

    /// <summary>History events after which a run continues as a new one; null means the product's own limit.</summary>
    public int? HistoryLimit { get; init; }

    /// <summary>Where the request stands on the forge; null over REST.</summary>
    public Statement? Statement { get; init; }

    /// <summary>The request as the control role signed it; without it nothing of the task is published.</summary>
    public SignedRecord? Record { get; init; }

    /// <summary>How long a step may be silent before another worker takes it up; null means the product's own 20 seconds.</summary>
    public TimeSpan? HeartbeatTimeout { get; init; }

    /// <summary>How long a change may wait for an applier before it is said; null means the product's own ten minutes.</summary>
    public TimeSpan? ApplierPatience { get; init; }

    /// <summary>Id of the trace in which it was asked for, 32 hexadecimal digits; null where nobody takes traces.</summary>
    public string? TraceId { get; init; }

    /// <summary>What it is a part of; null for a task of its own.</summary>
    public PartOfTask? Part { get; init; }

    /// <summary>State of the run that continued as this one; null at the start of a task.</summary>
    public CodingTaskState? Resume { get; init; }
}
