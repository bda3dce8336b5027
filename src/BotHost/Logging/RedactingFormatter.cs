using Serilog.Events;
using Serilog.Formatting;

namespace CodingAgent.BotHost.Logging;

/// <summary>
/// Masks the configured secrets in every log line, whoever wrote it: the last of several walls, since no secret should get this far.
/// </summary>
/// <param name="inner">Writes the line.</param>
/// <param name="secrets">What must not appear; empty ones are passed over.</param>
public sealed class RedactingFormatter(ITextFormatter inner, IReadOnlyList<string> secrets) : ITextFormatter
{
    private readonly Masking _mask = new(secrets);

    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var line = new StringWriter();
        inner.Format(logEvent, line);
        output.Write(_mask.Apply(line.ToString()));
    }
}
