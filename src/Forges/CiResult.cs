namespace CodingAgent.Forges;

/// <summary>One check run or commit status on a commit; the newest per name.</summary>
/// <param name="Name">Check run name or status context.</param>
/// <param name="State">Outcome so far.</param>
/// <param name="IsOurs">True for what this bot itself reported (its evidence check), which never counts towards green.</param>
/// <param name="Summary">Short output text, for the fixer; untrusted.</param>
/// <param name="DetailsUrl">Log page, when given.</param>
public sealed record CiResult(string Name, CiState State, bool IsOurs, string Summary, Uri? DetailsUrl);
