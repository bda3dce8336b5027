namespace CodingAgent.Playground.ScriptedModel;

/// <summary>One request as it went.</summary>
/// <param name="Request">What was asked; null when it could not be read.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Status">HTTP status sent; 0 when none was.</param>
/// <param name="Detail">Error text of a refusal.</param>
public sealed record LoggedRequest(ScriptedRequest? Request, RequestOutcome Outcome, int Status, string? Detail);
