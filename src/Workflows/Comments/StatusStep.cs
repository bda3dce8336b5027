namespace CodingAgent.Workflows.Comments;

/// <summary>One line of the status checklist.</summary>
/// <param name="Name">What the step is.</param>
/// <param name="Mark">How far it is.</param>
/// <param name="Detail">Short addition, such as a count; empty for none. May hold outside text.</param>
/// <param name="Link">Page that shows its result.</param>
public sealed record StatusStep(string Name, StepMark Mark, string Detail = "", Uri? Link = null);
