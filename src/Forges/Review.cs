using CodingAgent.Forges.Events;

namespace CodingAgent.Forges;

/// <summary>A submitted review.</summary>
/// <param name="Id">The forge's id.</param>
/// <param name="Author">Reviewer.</param>
/// <param name="State">Verdict.</param>
/// <param name="Body">Summary text; untrusted.</param>
/// <param name="CommitSha">The head it was written against.</param>
/// <param name="SubmittedAt">When.</param>
public sealed record Review(long Id, Actor Author, ReviewState State, string Body, string CommitSha, DateTimeOffset SubmittedAt);
