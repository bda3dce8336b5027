namespace CodingAgent.Workflows.Policy;

/// <summary>The outcome of reading a policy file: a policy, or what is wrong with it. Never half of one.</summary>
/// <param name="Policy">The policy; null when there are errors.</param>
/// <param name="Errors">Errors in order of line.</param>
public sealed record PolicyReading(RepositoryPolicy? Policy, IReadOnlyList<PolicyError> Errors);
