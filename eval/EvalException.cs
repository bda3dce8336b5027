namespace CodingAgent.Eval;

/// <summary>The evaluation cannot be run as asked; the message is one line that says what is wrong and how to mend it.</summary>
public sealed class EvalException(string message) : Exception(message);
