namespace CodingAgent.Workflows.Gates;

/// <summary>What one gate says about a change.</summary>
/// <param name="Gate">Gate's stable name, such as <c>paths</c>.</param>
/// <param name="Passed">True when the change may pass.</param>
/// <param name="Message">One line: what was found, and how to mend it when it failed. May quote file names: untrusted text.</param>
public sealed record GateVerdict(string Gate, bool Passed, string Message);
