namespace CodingAgent.Forges;

/// <summary>The check run that carries the gates' results.</summary>
/// <param name="Name">Check name, e.g. <c>coding-agent/evidence</c>.</param>
/// <param name="HeadSha">Commit it is about.</param>
/// <param name="Conclusion">Outcome.</param>
/// <param name="Title">One line.</param>
/// <param name="Summary">Markdown.</param>
public sealed record EvidenceCheck(string Name, string HeadSha, CiState Conclusion, string Title, string Summary);
