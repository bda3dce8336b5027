using CodingAgent.Forges;

namespace CodingAgent.Workflows.Activities;

/// <summary>A comment to make exist.</summary>
/// <param name="Repo">Repository.</param>
/// <param name="Number">Issue or pull request.</param>
/// <param name="Marker">Its key.</param>
/// <param name="Body">Its text.</param>
public sealed record SayInput(RepoRef Repo, int Number, string Marker, string Body);
