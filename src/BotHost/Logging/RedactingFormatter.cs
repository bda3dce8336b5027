using Serilog.Events;
using Serilog.Formatting;

namespace CodingAgent.BotHost.Logging;

/// <summary>
/// Masks the configured secrets in every log line, whoever wrote it: the last of several walls, since no secret should get this far.
/// </summary>
internal sealed class RedactingFormatter(ITextFormatter inner, IReadOnlyList<string> secrets) : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var line = new StringWriter();
        inner.Format(logEvent, line);
        var text = line.ToString();
        foreach (var secret in secrets)
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        output.Write(text);
    }
}
