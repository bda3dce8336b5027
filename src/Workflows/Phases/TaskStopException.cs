using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Activities;

namespace CodingAgent.Workflows.Phases;

/// <summary>Leaves the current step of a task; caught by the workflow's own loop, and by a job that a limit keeps from a part of its work alone.</summary>
internal sealed class TaskStopException : Exception
{
    private TaskStopException(TaskStopKind kind, string reason, string whatToDo, IReadOnlyList<FailedCheck>? shows = null)
        : base(reason)
    {
        Kind = kind;
        WhatToDo = whatToDo;
        Shows = shows ?? [];
    }

    public TaskStopKind Kind { get; }

    public string WhatToDo { get; }

    /// <summary>Commands whose output shows why.</summary>
    public IReadOnlyList<FailedCheck> Shows { get; }

    /// <summary>A person or the forge ended the task; the state says how.</summary>
    public static TaskStopException Ended() => new(TaskStopKind.Ended, "", "");

    /// <summary>Begin the step anew in a fresh history; what was done is in the state.</summary>
    public static TaskStopException Again() => new(TaskStopKind.Again, "", "");

    /// <summary>A limit is reached: park when there is a pull request to come back to, else fail.</summary>
    public static TaskStopException Limit(string reason, string whatToDo, IReadOnlyList<FailedCheck>? shows = null) =>
        new(TaskStopKind.Limit, reason, whatToDo, shows);

    /// <summary>The task cannot go on.</summary>
    public static TaskStopException Failed(string reason, string whatToDo, IReadOnlyList<FailedCheck>? shows = null) =>
        new(TaskStopKind.Failed, reason, whatToDo, shows);
}

/// <summary>Why a step is left.</summary>
internal enum TaskStopKind
{
    /// <summary>Ended from outside.</summary>
    Ended,

    /// <summary>The history is long: the same step begins anew in a fresh run.</summary>
    Again,

    /// <summary>A limit.</summary>
    Limit,

    /// <summary>Failure.</summary>
    Failed,
}

/// <summary>What a person can do about a failure, by its type.</summary>
public static class FailureWords
{
    /// <summary>The words.</summary>
    public static string WhatToDo(string? errorType) => errorType switch
    {
        ErrorTypes.ForgeRejected => "Check that the bot's account has write access to this repository and that its token is valid, then ask again.",
        ErrorTypes.GitRejected => "Check that the bot may push branches here (branch protection, token permissions) and that the branch still exists, then ask again.",
        ErrorTypes.ModelRejected => "The operator should check the model's name and key in the configuration (Models:*, OPENAI_API_KEY, OPENAI_BASE_URL).",
        ErrorTypes.ModelCredit => "The operator should add credit or raise the spending limit at the model's provider.",
        ErrorTypes.ModelRequest => "The operator should try the other API (Models:Api) or another model (Models:*); the log has what the endpoint refuses.",
        ErrorTypes.ModelContext => "Choose a model with a larger context (models.planner, models.coder or models.fallback of the policy file, or Models:*), or make the task smaller.",
        ErrorTypes.ModelUnreadable => "The operator should look at the model's endpoint (OPENAI_BASE_URL, Models:Api), and may name a fallback model (models.fallback of the policy file).",
        ErrorTypes.SandboxUnavailable => "The operator should run 'codingagent doctor' on the worker and mend the sandbox, then ask again.",
        ErrorTypes.SetupSecret => "The operator should give the secret that the policy names (SetUp:Secrets, with this repository among its Repositories), then ask again.",
        ErrorTypes.Internal => "This looks like a defect of the agent: please report it with the task id. Asking again may work.",
        _ => "Ask again; if it fails the same way, the operator's log has the details under this task id.",
    };
}
