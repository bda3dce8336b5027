using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading.Channels;
using CodingAgent.Agents.Runs;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.AI;

namespace CodingAgent.Workflows.Activities;

/// <summary>Puts what an agent does into the live log of its task, behind it: whoever works never waits for whoever writes.</summary>
internal sealed class RunLog : AgentHooks, IAsyncDisposable
{
    private const int MostArguments = 2_000;
    private const int HalfOutput = 2_000;
    private const int MostSaid = 4_000;

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TaskId _task;
    private readonly string _run;
    private readonly ITaskLog _log;
    private readonly TimeProvider _time;
    private readonly Channel<TaskLogEntry> _entries = Channel.CreateUnbounded<TaskLogEntry>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, long> _began = new(StringComparer.Ordinal);
    private readonly Task _writing;

    public RunLog(TaskId task, string run, ITaskLog log, TimeProvider time)
    {
        (_task, _run, _log, _time) = (task, run, log, time);
        _writing = Task.Run(WriteAsync);
    }

    public override void TurnStarting(string agent, int turn) => Put(TaskLogKind.Turn, agent, turn, "");

    public override void Answered(string agent, int turn, ChatResponse answer, TimeSpan elapsed) => Put(TaskLogKind.Said, agent, turn, TextCut.Head(answer.Text, MostSaid, "…"), entry => entry with
    {
        Elapsed = elapsed,
        InputTokens = answer.Usage?.InputTokenCount,
        OutputTokens = answer.Usage?.OutputTokenCount,
    });

    public override void ToolStarting(string agent, int turn, FunctionCallContent call)
    {
        _began[Key(agent, turn, call)] = _time.GetTimestamp();
        Put(TaskLogKind.Call, agent, turn, TextCut.Head(JsonSerializer.Serialize(call.Arguments, Readable), MostArguments, "…"), entry => entry with { Tool = call.Name, Call = call.CallId });
    }

    public override void ToolFinished(string agent, int turn, FunctionCallContent call, string output) => Put(
        TaskLogKind.Output, agent, turn, TextCut.Ends(output, HalfOutput, left => $"\n… {left} characters left out …\n"),
        entry => entry with { Tool = call.Name, Call = call.CallId, Elapsed = _began.TryRemove(Key(agent, turn, call), out var began) ? _time.GetElapsedTime(began) : null });

    public override void HandedOver(string from, string to) => Put(TaskLogKind.Handoff, from, 0, to);

    public override void Ended(string runId, AgentRunResult result)
    {
        // Of those called as tools their output tells it.
        if (runId == _run)
            Put(TaskLogKind.Ended, "", 0, Words(result));
    }

    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _writing;
    }

    private static string Words(AgentRunResult result) => result switch
    {
        AgentRunResult.Completed => "done",
        AgentRunResult.Segment => "goes on in the next segment",
        AgentRunResult.NeedsApproval wait => $"waits for a person's word on {wait.Pending.Count} call{(wait.Pending.Count == 1 ? "" : "s")}",
        AgentRunResult.HandedOff handed => $"hands over to {handed.Target}",
        AgentRunResult.BudgetExhausted limit => $"has used what it may: {limit.Which}",
        AgentRunResult.ModelAway away => $"no answer that can be used: {away.Reason}",
        AgentRunResult.Tripped tripped => tripped.Reason,
        AgentRunResult.Failed failed => failed.Reason,
        _ => result.GetType().Name,
    };

    // Agents that are called as tools number their turns and calls for themselves.
    private static string Key(string agent, int turn, FunctionCallContent call) => $"{agent} {turn} {call.CallId}";

    private void Put(TaskLogKind kind, string agent, int turn, string text, Func<TaskLogEntry, TaskLogEntry>? more = null)
    {
        var entry = new TaskLogEntry(_time.GetUtcNow(), kind, text) { Agent = agent, Run = _run, Turn = turn };
        _entries.Writer.TryWrite(more is null ? entry : more(entry));
    }

    private async Task WriteAsync()
    {
        var batch = new List<TaskLogEntry>();
        while (await _entries.Reader.WaitToReadAsync())
        {
            while (_entries.Reader.TryRead(out var entry))
                batch.Add(entry);
            await _log.AppendAsync(_task, batch, CancellationToken.None);
            batch.Clear();
        }
    }
}
