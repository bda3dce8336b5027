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
    // Longest first: a secret that is part of another one must not leave the rest of that standing.
    private readonly string[] _secrets = [.. secrets.Where(s => s.Length > 0).OrderByDescending(s => s.Length)];

    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var line = new StringWriter();
        inner.Format(logEvent, line);
        var text = line.ToString();
        foreach (var secret in _secrets)
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        output.Write(text);
    }
}
