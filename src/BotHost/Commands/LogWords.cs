using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.BotHost.Api;

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
        var words = ApiText.Shown(lines[0].TrimEnd('\r')) + (lines.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $" … {lines.Length} lines") : "");
        var who = Text("turn") is { Length: > 0 } turn ? $"{Text("agent")} {turn}" : Text("agent");
        var took = Text("elapsedMs") is { Length: > 0 } ms ? string.Create(CultureInfo.InvariantCulture, $" ({double.Parse(ms, CultureInfo.InvariantCulture) / 1000:0.0} s)") : "";
        return Text("kind") switch
        {
            "step" => $"{at}  {ApiText.Shown(Text("state"))}: {words}",
            "turn" => $"{at}  {ApiText.Shown(who)} asks its model",
            "said" => $"{at}  {ApiText.Shown(who)} answers{took}{(words.Length > 0 ? $": {words}" : "")}",
            "call" => $"{at}  {ApiText.Shown(who)} calls {ApiText.Shown(Text("tool"))} {words}",
            "output" => $"{at}  {ApiText.Shown(Text("tool"))} gives{took}: {words}",
            "handoff" => $"{at}  {ApiText.Shown(who)} hands over to {words}",
            _ => $"{at}  {ApiText.Shown(who)}: {words}",
        };

        string Text(string name) => entry[name]?.ToString() ?? "";
    }
}
