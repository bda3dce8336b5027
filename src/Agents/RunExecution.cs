using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Steps;
using CodingAgent.Agents.Telemetry;
using CodingAgent.Agents.Tools;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Agents;

/// <summary>One execution over a run: the effects between the step machine's decisions.</summary>
internal sealed class RunExecution
{
    private readonly AgentRun _run;
    private readonly IModel _model;
    private readonly TimeProvider _time;
    private readonly StepMachine _machine;
    private readonly Toolbox _tools;
    private RunState _state;
    private string? _snapshot;
    private bool _again;
    private volatile AgentProgress _progress;

    public RunExecution(AgentRun run, IModel model, TimeProvider time, ILogger logger)
    {
        _run = run;
        _model = model;
        _time = time;
        _tools = new Toolbox(run.Tools, run.ToolTimeout, time, logger);
        _machine = new StepMachine(new StepRules(run.Agent, run.Input, run.Budget)
        {
            Prices = run.Prices,
            GuardedTools = _tools.Guarded,
            Approvals = run.Approvals,
            Steering = run.Steering,
        });
        _state = _machine.Start();
        _snapshot = run.StartSnapshot;
        _progress = new AgentProgress(run.RunId, 1, AgentPhase.AskingModel, [], Consumption.Zero);
    }

    /// <summary>Repeats the last progress until the execution ends: heartbeats must go on through long model calls and tools.</summary>
    public async Task PumpAsync(CancellationToken ending)
    {
        try
        {
            while (_run.Progress is { } tell)
            {
                await Task.Delay(_run.ProgressEvery, _time, ending);
                tell(_progress);
            }
        }
        catch (OperationCanceledException)
        {
            // The execution has ended.
        }
    }

    public async Task<AgentRunResult> RunAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        var began = _time.GetTimestamp();
        var before = _state.Used.Turns;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            switch (_machine.Next(_state))
            {
                case Step.Finish { End: RunEnd.Answered answered }:
                    return new AgentRunResult.Completed(answered.Output, _state.Used, _snapshot);
                case Step.Finish { End: RunEnd.Broken broken }:
                    return new AgentRunResult.Failed(broken.Kind, broken.Reason, _state.Used, _snapshot);
                case Step.AwaitApproval wait:
                    return new AgentRunResult.NeedsApproval(wait.Pending, _state.Used, _snapshot);
                case Step.OutOfBudget limit:
                    return new AgentRunResult.BudgetExhausted(limit.Which, _state.Used, _snapshot);
                case Step.RunTools tools:
                    await RunToolsAsync(tools, cancellationToken);
                    break;
                case Step.AskModel ask:
                    var done = _state.Used.Turns - before;
                    if (done >= _run.Segment.Turns || (done > 0 && _time.GetElapsedTime(began) >= _run.Segment.Time) || _run.ShouldYield?.Invoke() == true)
                        return new AgentRunResult.Segment(_state.Used, _snapshot);
                    try
                    {
                        await AskAsync(ask, cancellationToken);
                    }
                    catch (ModelRejectedException e)
                    {
                        return new AgentRunResult.Failed(AgentFailure.ModelRejected, e.Message, _state.Used, _snapshot);
                    }
                    break;
                default:
                    throw new InvalidOperationException("The step machine gave an unknown step.");
            }
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var turns = await _run.Journal.OpenAsync(_run.RunId, _run.Attempt, cancellationToken);
        var open = false;
        foreach (var turn in turns.OrderBy(t => t.Turn))
        {
            if (open || turn.Turn != _state.Used.Turns + 1)
                throw new InvalidOperationException($"The journal of {_run.RunId} has turn {turn.Turn} where turn {_state.Used.Turns + 1} is expected.");
            var (response, asked) = JournalCodec.ReadResponse(turn.ResponseJson);
            _state = _machine.OnResponse(_state, response, asked);
            open = turn.OutputsJson is null;
            if (open)
                continue;
            var (outputs, ran) = JournalCodec.ReadOutputs(turn.OutputsJson!);
            if (_state.Calls.Count > 0)
                _state = _machine.OnOutputs(_state, outputs, ran);
            _snapshot = turn.Snapshot ?? _snapshot;
        }

        if (open && _state.Calls.Count == 0)
            await CloseTurnAsync(_state.Used.Turns, [], TimeSpan.Zero, cancellationToken);
        // An attempt before this one may have left the workspace in the middle of a turn, or it is another worker's fresh one.
        if (turns.Count > 0 && _run.Snapshots is { } snapshots && _state.End is null)
            await snapshots.RestoreAsync(_snapshot!, cancellationToken);
        // Guarded calls have not run yet: a turn waiting for a person was left before its tools, not in their middle.
        _again = open && !_state.Calls.Any(c => _tools.Guarded.Contains(c.Name));
    }

    private async Task AskAsync(Step.AskModel ask, CancellationToken cancellationToken)
    {
        Tell(ask.Turn, AgentPhase.AskingModel, []);
        using var span = AgentTelemetry.StartChat(_run);
        var began = _time.GetTimestamp();
        ModelResponse response;
        try
        {
            response = await _model.CompleteAsync(new ModelRequest(_run.Agent.Model, ask.Items, _tools.Definitions)
            {
                OutputSchema = _run.Agent.Output?.Schema,
                OutputName = _run.Agent.Output?.Name ?? "output",
                MaxOutputTokens = _run.Agent.MaxOutputTokens,
                RequestId = $"{_run.RunId}/{ask.Turn}",
            }, cancellationToken);
        }
        catch (Exception e)
        {
            AgentTelemetry.ChatFailed(span, _run.Agent.Model, e, _time.GetElapsedTime(began));
            throw;
        }
        var elapsed = Since(began);
        AgentTelemetry.ChatAnswered(span, _run.Agent.Model, response, elapsed);
        await _run.Journal.AppendResponseAsync(_run.RunId, _run.Attempt, ask.Turn, JournalCodec.Write(response, elapsed), cancellationToken);
        _state = _machine.OnResponse(_state, response, elapsed);
        if (_state.Calls.Count == 0)
            await CloseTurnAsync(ask.Turn, [], TimeSpan.Zero, cancellationToken);
    }

    private async Task RunToolsAsync(Step.RunTools step, CancellationToken cancellationToken)
    {
        Tell(step.Turn, AgentPhase.RunningTools, [.. step.Calls.Select(c => c.Name)]);
        var began = _time.GetTimestamp();
        var outputs = await _tools.RunAsync(step.Calls, _machine.ApprovalOf, _again, cancellationToken);
        _again = false;
        var elapsed = Since(began);
        if (_run.Snapshots is { } snapshots && _tools.MayWrite(step.Calls))
            _snapshot = await snapshots.TakeAsync(cancellationToken);
        await CloseTurnAsync(step.Turn, outputs, elapsed, cancellationToken);
        _state = _machine.OnOutputs(_state, outputs, elapsed);
        Tell(step.Turn, AgentPhase.TurnFinished, []);
    }

    private Task CloseTurnAsync(int turn, IReadOnlyList<ModelItem.ToolOutput> outputs, TimeSpan elapsed, CancellationToken cancellationToken) =>
        _run.Journal.AppendTurnAsync(_run.RunId, _run.Attempt, turn, JournalCodec.Write(outputs, elapsed), _snapshot, cancellationToken);

    // Whole milliseconds, as the journal keeps them: a resumed run has used exactly what the run had.
    private TimeSpan Since(long began) => TimeSpan.FromMilliseconds((long)_time.GetElapsedTime(began).TotalMilliseconds);

    private void Tell(int turn, AgentPhase phase, IReadOnlyList<string> tools)
    {
        _progress = new AgentProgress(_run.RunId, turn, phase, tools, _state.Used);
        _run.Progress?.Invoke(_progress);
    }
}
