namespace CodingAgent.Playground.ScriptedModel;

/// <summary>A change whose text is known beforehand, for the model to play: a person's patch to a repository.</summary>
/// <param name="Repository">Repository it belongs to, <c>owner/name</c>: the task's text names it, and that chooses the script. <c>owner/*</c> is every one of an owner.</param>
/// <param name="Title">What the change is for, in one line.</param>
/// <param name="Files">Every file of the change.</param>
public sealed record ReferenceChange(string Repository, string Title, IReadOnlyList<ReferenceFile> Files);

/// <summary>One file of a <see cref="ReferenceChange"/>; a renamed file is two, one without <see cref="After"/> and one without <see cref="Before"/>.</summary>
/// <param name="Path">Path from the repository's root.</param>
/// <param name="Before">Text on the base; null when it is new. With the line ends and the byte order mark it has.</param>
/// <param name="After">Text afterwards; null when it is deleted.</param>
public sealed record ReferenceFile(string Path, string? Before, string? After)
{
    /// <summary>True when the change makes it executable.</summary>
    public bool BecomesExecutable { get; init; }
}
