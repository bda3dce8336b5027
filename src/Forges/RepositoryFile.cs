namespace CodingAgent.Forges;

/// <summary>A file read through the forge's contents API.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="BlobSha">Git blob id.</param>
/// <param name="Text">UTF-8 text.</param>
public sealed record RepositoryFile(string Path, string BlobSha, string Text);
