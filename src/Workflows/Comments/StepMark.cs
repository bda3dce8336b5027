namespace CodingAgent.Workflows.Comments;

/// <summary>How far a step of the checklist is.</summary>
public enum StepMark
{
    /// <summary>Not begun.</summary>
    Todo,

    /// <summary>Now.</summary>
    Now,

    /// <summary>Done.</summary>
    Done,

    /// <summary>Failed.</summary>
    Failed,
}
