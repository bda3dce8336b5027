namespace CodingAgent.BotHost.Commands;

/// <summary>The service did not do what it was asked; the message is one line for people.</summary>
/// <param name="exitCode">How the program ends, one of <see cref="ExitCodes"/>.</param>
/// <param name="message">The line.</param>
internal sealed class RestFailureException(int exitCode, string message) : Exception(message)
{
    /// <summary>How the program ends.</summary>
    public int ExitCode => exitCode;
}
