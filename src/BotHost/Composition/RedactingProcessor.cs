using System.Diagnostics;
using CodingAgent.Workflows.Secrets;
using OpenTelemetry;

namespace CodingAgent.BotHost.Composition;

/// <summary>
/// Takes secrets out of spans before they are exported: names, attributes and status. Events and links cannot be changed once they are written
/// (an exception's message is one); a span whose events hold a secret is not exported.
/// </summary>
/// <param name="redaction">Takes secrets out.</param>
public sealed class RedactingProcessor(Redaction redaction) : BaseProcessor<Activity>
{
    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        data.DisplayName = redaction.Apply(data.DisplayName);
        foreach (var (name, value) in data.TagObjects.ToArray())
        {
            if (Changed(value) is { } masked)
                data.SetTag(name, masked);
        }

        if (data.StatusDescription is { } words)
            data.SetStatus(data.Status, redaction.Apply(words));
        if (data.Events.Any(e => redaction.Apply(e.Name) != e.Name || e.Tags.Any(t => Changed(t.Value) is not null)) || data.Links.Any(l => l.Tags?.Any(t => Changed(t.Value) is not null) == true))
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }

    // Null where there is nothing to take out.
    private object? Changed(object? value) => value switch
    {
        string text when redaction.Apply(text) is var masked && masked != text => masked,
        string[] texts when texts.Select(redaction.Apply).ToArray() is var masked && !masked.SequenceEqual(texts) => masked,
        Uri address when redaction.Apply(address.OriginalString) is var masked && masked != address.OriginalString => masked,
        _ => null,
    };
}
