namespace CodingAgent.Workflows.Policy;

/// <summary>One thing wrong with a policy file.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Key">Key path such as <c>limits.turns</c>; empty when the file as a whole is wrong.</param>
/// <param name="Message">What is wrong and what would be right. Quotes the file: untrusted text.</param>
public sealed record PolicyError(int Line, string Key, string Message);
