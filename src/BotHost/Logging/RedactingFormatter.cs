using CodingAgent.Workflows.Secrets;
using Serilog.Events;
using Serilog.Formatting;

namespace CodingAgent.BotHost.Logging;

/// <summary>
/// Masks the configured secrets, and what looks like any, in every log line and exception, whoever wrote it: the last of several walls, since no
/// secret should get this far.
/// </summary>
/// <param name="inner">Writes the line.</param>
/// <param name="redaction">Takes out what must not appear.</param>
public sealed class RedactingFormatter(ITextFormatter inner, Redaction redaction) : ITextFormatter
{
    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var line = new StringWriter();
        inner.Format(logEvent, line);
        output.Write(redaction.Apply(line.ToString()));
    }
}
