using System.Globalization;
using System.Text.Json.Nodes;

namespace CodingAgent.BotHost.Commands;

/// <summary>An entry of a task's live log as one line of a terminal: what models and tools wrote must not move its cursor.</summary>
public static class LogWords
{
    /// <summary>The line.</summary>
    /// <param name="entry">Entry as REST shows it; what is not there is left out.</param>
    public static string Of(JsonObject entry)
    {
        var at = DateTimeOffset.TryParse(Text("at"), CultureInfo.InvariantCulture, out var time) ? time.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture) : "--------";
        var lines = Text("text").Split('\n');
        var words = Terminal.Line(lines[0].TrimEnd('\r')) + (lines.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $" … {lines.Length} lines") : "");
        var who = Text("turn") is { Length: > 0 } turn ? $"{Text("agent")} {turn}" : Text("agent");
        var took = Text("elapsedMs") is { Length: > 0 } ms ? string.Create(CultureInfo.InvariantCulture, $" ({double.Parse(ms, CultureInfo.InvariantCulture) / 1000:0.0} s)") : "";
        return Text("kind") switch
        {
            "step" => $"{at}  {Terminal.Line(Text("state"))}: {words}",
            "turn" => $"{at}  {Terminal.Line(who)} asks its model",
            "said" => $"{at}  {Terminal.Line(who)} answers{took}{(words.Length > 0 ? $": {words}" : "")}",
            "call" => $"{at}  {Terminal.Line(who)} calls {Terminal.Line(Text("tool"))} {words}",
            "output" => $"{at}  {Terminal.Line(Text("tool"))} gives{took}: {words}",
            "handoff" => $"{at}  {Terminal.Line(who)} hands over to {words}",
            _ => $"{at}  {(who.Length > 0 ? $"{Terminal.Line(who)}: " : "")}{words}",
        };

        string Text(string name) => entry[name]?.ToString() ?? "";
    }
}
