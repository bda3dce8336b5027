namespace CodingAgent.Forges;

/// <summary>A thread of line comments on a pull request, oldest comment first.</summary>
/// <param name="RootCommentId">Id of the first comment: the thread's stable key, and what a reply answers.</param>
/// <param name="ReviewId">Review the root comment was submitted with, when known.</param>
/// <param name="Path">File it is about.</param>
/// <param name="Line">Line in the head version, when it still exists.</param>
/// <param name="DiffHunk">The hunk shown above the comment.</param>
/// <param name="Comments">All comments.</param>
public sealed record ReviewThread(
    long RootCommentId, long? ReviewId, string Path, int? Line, string DiffHunk, IReadOnlyList<IssueComment> Comments);
