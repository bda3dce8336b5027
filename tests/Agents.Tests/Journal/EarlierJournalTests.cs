using System.Runtime.CompilerServices;
using System.Text.Json;
using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Agents.Tests.Runs;

namespace CodingAgent.Agents.Tests.Journal;

/// <summary>
/// Journals in the folder <c>Before</c> were written by the build before chat clients were the model port, one per way a run can
/// stand. They are read as if nothing had changed.
/// </summary>
public sealed class EarlierJournalTests
{
    private readonly RunHarness _harness = new();

    [Theory]
    [InlineData("completed", 6)]
    [InlineData("refused", 1)]
    [InlineData("withheld", 1)]
    public async Task FinishedRun_EndsAsItDid_WithoutTheModel(string name, int turns)
    {
        await LoadAsync(name);
        var result = await _harness.RunAsync(new FakeModel((_, _) => throw new InvalidOperationException("must not be asked")));
        result.Used.Turns.ShouldBe(turns);
        result.Used.Usage.ShouldBe(new Usage(turns, 100 * turns, 10 * turns, 40 * turns, 5 * turns));
        if (name == "completed")
        {
            result.ShouldBeOfType<AgentRunResult.Completed>().OutputJson.ShouldBe("All is done.");
            result.Snapshot.ShouldBe(JsonSerializer.Serialize(new Dictionary<string, string> { ["notes.txt"] = "näh ü <tag> 🎉\nb" }));
        }
        else
        {
            result.ShouldBeOfType<AgentRunResult.Failed>().Kind.ShouldBe(AgentFailure.Refusal);
        }
    }

    [Fact]
    public async Task RunLeftInTheMiddleOfATurn_RunsThatTurnsCalls_AndGoesOn()
    {
        await LoadAsync("open");
        var model = new FakeModel((turn, _) => turn == 3 ? FakeModel.Says("done") : throw new InvalidOperationException("turns 1 and 2 are in the journal"));
        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>().Snapshot.ShouldBe("""{"notes.txt":"ab"}""");
        model.LastOutputs.ShouldBe(["notes.txt is now a", "notes.txt is now ab"]);
    }

    [Theory]
    [InlineData(OpenAiApi.Chat)]
    [InlineData(OpenAiApi.Responses)]
    public async Task EarlierConversation_IsToldInEitherApi(OpenAiApi api)
    {
        await LoadAsync("completed", turns: 5);
        var endpoint = new FakeEndpoint(api, """{"choices":[{"message":{"content":"now"}}],"output_text":"now"}""");
        (await _harness.RunAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.Completed>().OutputJson.ShouldBe("now");
        var told = endpoint.Bodies.Single().GetRawText();
        told.ShouldContain("I look again.");
        told.ShouldContain("not_json");
        told.ShouldContain("cut off in the mid");
    }

    private async Task LoadAsync(string name, int turns = int.MaxValue, [CallerFilePath] string here = "")
    {
        var json = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(here)!, "Before", $"{name}.json"));
        await _harness.Journal.OpenAsync("run-1", 1, CancellationToken.None);
        foreach (var turn in JsonSerializer.Deserialize<JournalTurn[]>(json, JsonSerializerOptions.Web)!.Take(turns))
        {
            await _harness.Journal.AppendResponseAsync("run-1", 1, turn.Turn, turn.ResponseJson, CancellationToken.None);
            if (turn.OutputsJson is not null)
                await _harness.Journal.AppendTurnAsync("run-1", 1, turn.Turn, turn.OutputsJson, turn.Snapshot, CancellationToken.None);
        }
        _harness.Attempt = 2;
    }
}
