namespace CodingAgent.Workflows.CodingTask;

/// <summary>Leaves the current step of a task; caught by the workflow's own loop and nowhere else.</summary>
internal sealed class TaskStopException : Exception
{
    private TaskStopException(TaskStopKind kind, string reason, string whatToDo)
        : base(reason)
    {
        Kind = kind;
        WhatToDo = whatToDo;
    }

    public TaskStopKind Kind { get; }

    public string WhatToDo { get; }

    /// <summary>A person or the forge ended the task; the state says how.</summary>
    public static TaskStopException Ended() => new(TaskStopKind.Ended, "", "");

    /// <summary>Begin the step anew in a fresh history; what was done is in the state.</summary>
    public static TaskStopException Again() => new(TaskStopKind.Again, "", "");

    /// <summary>A limit is reached: park when there is a pull request to come back to, else fail.</summary>
    public static TaskStopException Limit(string reason, string whatToDo) => new(TaskStopKind.Limit, reason, whatToDo);

    /// <summary>The task cannot go on.</summary>
    public static TaskStopException Failed(string reason, string whatToDo) => new(TaskStopKind.Failed, reason, whatToDo);
}
