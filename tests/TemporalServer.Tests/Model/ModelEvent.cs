namespace TemporalServer.Tests.Model;

/// <summary>An event as the reference run expects it. Events refer to each other directly; ids come when they are written.</summary>
public sealed class ModelEvent(EventType type, TimeSpan at, string detail = "", ModelEvent? of = null, ModelEvent? started = null)
{
    public EventType Type => type;

    public TimeSpan At => at;

    public string Detail => detail;

    public ModelEvent? Of => of;

    public ModelEvent? Started => started;

    /// <summary>Id in the history; 0 until it is written.</summary>
    public long Id { get; set; }

    /// <summary>The same words as <see cref="EventWords.Of"/> finds for the server's event.</summary>
    public string Words => EventWords.Line(Id, type, at, detail, of?.Id ?? 0, started?.Id ?? 0);
}
