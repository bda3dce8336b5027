using System.Collections.Concurrent;
using System.Diagnostics;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Guardrails;
using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Outside;
using CodingAgent.Agents.Steps;
using CodingAgent.Agents.Telemetry;
using CodingAgent.Agents.Tools;
using CodingAgent.Mcp.Git;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Agents.Runs;

/// <summary>One execution over a run: the effects between the step machine's decisions.</summary>
internal sealed partial class RunExecution
{
    // So often in a row an answer may be lost before somebody has to look; each waits longer for the next (the durable caller does).
    private const int MostLostAnswers = 3;

    private readonly AgentRun _run;
    private readonly IChatClient _model;
    private readonly ChatClientMetadata _about;
    private readonly TimeProvider _time;
    private readonly StepMachine _machine;
    private readonly Dictionary<string, Toolbox> _toolboxes;
    private readonly ILogger _logger;
    private RunState _state;
    private string? _snapshot;
    private readonly List<FinishedStep> _steps = [];
    private readonly ConcurrentDictionary<string, Consumption> _nested = new(StringComparer.Ordinal);
    private bool _again;
    private bool _wasResumed;
    private int _tightness;
    private volatile AgentProgress _progress;

    public RunExecution(AgentRun run, IChatClient model, TimeProvider time, ILogger logger)
    {
        _run = run;
        _model = model;
        _about = MetadataOf(model);
        _time = time;
        _logger = logger;
        _toolboxes = run.Agent.WithInside().ToDictionary(a => a.Name, a => new Toolbox(ToolsOf(a, run.Tools), a.ToolGuardrails, run.ToolTimeout, time, logger, f => f is NestedAgent, OnCall), StringComparer.Ordinal);
        _machine = new StepMachine(new StepRules(run.Agent, run.Input, run.Budget)
        {
            Prices = run.Prices,
            RunId = run.RunId,
            WordFor = call => Tools.WordFor(call),
            Approvals = run.Approvals,
            Steering = run.Steering,
            RefusedHandoffs = run.RefusedHandoffs,
        });
        _state = _machine.Start();
        _snapshot = run.StartSnapshot;
        _progress = new AgentProgress(run.RunId, 1, AgentPhase.AskingModel, [], Consumption.Zero);
    }

    // Whoever listens must not hold up who works.
    private void Tell(Action<AgentHooks> what)
    {
        if (_run.Hooks is not { } hooks)
            return;
        try
        {
            what(hooks);
        }
        catch (Exception e)
        {
            LogHookFailed(_logger, _run.RunId, e);
        }
    }

    private void OnCall(FunctionCallContent call, string? output) => Tell(h =>
    {
        if (output is null)
            h.ToolStarting(_state.Agent, _state.Used.Turns + 1, call);
        else
            h.ToolFinished(_state.Agent, _state.Used.Turns + 1, call, output);
    });

    // Whose turn it is, and what it may use.
    private AgentDefinition Agent => _machine.AgentOf(_state);

    private Toolbox Tools => _toolboxes[_state.Agent];

    private IReadOnlyList<AIFunction> ToolsOf(AgentDefinition agent, IReadOnlyList<AIFunction> all) =>
    [
        .. all.Where(t => agent.Tools?.Contains(t.Name, StringComparer.Ordinal) != false),
        .. agent.AgentTools.Select(t => new NestedAgent(t, RunNestedAsync)),
        .. agent.Handoffs.Select(h => h.Tool),
        .. agent.FinishesSteps ? [FinishedStep.Tool] : (AIFunction[])[],
    ];

    /// <summary>The conversation of the run's own agent.</summary>
    public IReadOnlyList<ChatMessage> Conversation => _state.Waiting is [var first, ..] ? first.Items : _state.Items;

    /// <summary>What a chat client says of itself.</summary>
    public static ChatClientMetadata MetadataOf(IChatClient model) =>
        model.GetService<ChatClientMetadata>() is { ProviderName: not null } about ? about : new ChatClientMetadata("unknown");

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
        try
        {
            return Ended(await WorkAsync(cancellationToken));
        }
        catch (GuardrailTrippedException e)
        {
            return Ended(new AgentRunResult.Tripped(e.Guardrail, e.Stage, e.Message, _state.Used, _snapshot));
        }
    }

    private AgentRunResult Ended(AgentRunResult result)
    {
        if (_steps.Count > 0)
            result = result with { Steps = [.. _steps] };
        if (_wasResumed)
            result = result with { WasResumed = true };
        Tell(h => h.Ended(_run.RunId, result));
        return result;
    }

    private async Task<AgentRunResult> WorkAsync(CancellationToken cancellationToken)
    {
        // Also when a first answer is there: whoever asked for it may have died before it was judged whether to use it.
        var isFirstTurn = _state.Used.Turns <= 1;
        if (isFirstTurn)
            await JudgeInputAsync(blocking: true, cancellationToken);
        var judging = isFirstTurn ? JudgeInputAsync(blocking: false, cancellationToken) : Task.CompletedTask;
        try
        {
            return await StepAsync(judging, cancellationToken);
        }
        finally
        {
            // Whatever ended the run: a verdict must not be left behind unseen by anybody.
            await judging.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <exception cref="GuardrailTrippedException">One of them ends the run.</exception>
    private async Task JudgeInputAsync(bool blocking, CancellationToken cancellationToken)
    {
        foreach (var guardrail in _run.Agent.InputGuardrails.Where(g => g.IsBlocking == blocking))
        {
            using var span = AgentTelemetry.StartGuardrail(guardrail.Name, _run.ConversationId);
            var verdict = await guardrail.Check(_run.Input, cancellationToken);
            AgentTelemetry.Judged(span, guardrail.Name, verdict.Outcome);
            if (verdict.Outcome != GuardrailOutcome.Allow)
                throw new GuardrailTrippedException(guardrail.Name, GuardrailStage.Input, verdict.Words);
        }
    }

    private async Task<AgentRunResult> StepAsync(Task judging, CancellationToken cancellationToken)
    {
        using var turn = new TurnSpan(_run.ConversationId);
        var began = _time.GetTimestamp();
        var before = _state.Used.Turns;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var step = _machine.Next(_state);
            // Beside the first question nothing is done before the input is judged.
            if (step is not Step.AskModel { Turn: 1 })
                await judging;
            switch (step)
            {
                case Step.Finish { End: RunEnd.Answered answered }:
                    return new AgentRunResult.Completed(answered.Output, _state.Used, _snapshot);
                case Step.Finish { End: RunEnd.Tripped tripped }:
                    AgentTelemetry.Judged(null, tripped.Guardrail, GuardrailOutcome.Trip);
                    throw new GuardrailTrippedException(tripped.Guardrail, GuardrailStage.Output, tripped.Reason);
                case Step.Finish { End: RunEnd.Broken broken }:
                    return new AgentRunResult.Failed(broken.Kind, broken.Reason, _state.Used, _snapshot);
                case Step.AwaitApproval wait:
                    return new AgentRunResult.NeedsApproval(wait.Pending, _state.Used, _snapshot);
                case Step.AwaitHandoff handoff:
                    return new AgentRunResult.HandedOff(handoff.Target, handoff.ArgumentsJson, handoff.Turn, _state.Used, _snapshot);
                case Step.AnswerCalls given:
                    await CloseTurnAsync(given.Turn, given.Outputs, TimeSpan.Zero, cancellationToken);
                    _state = _machine.OnOutputs(_state, given.Outputs, TimeSpan.Zero);
                    break;
                case Step.SwitchAgent handoff:
                    using (AgentTelemetry.StartHandoff(_state.Agent, handoff.Target, _run.ConversationId))
                        await CloseTurnAsync(handoff.Turn, handoff.Outputs, TimeSpan.Zero, cancellationToken, handoff.Target);
                    var from = _state.Agent;
                    _state = _machine.OnHandoff(_state);
                    Tell(h => h.HandedOver(from, handoff.Target));
                    break;
                case Step.OutOfBudget limit:
                    return new AgentRunResult.BudgetExhausted(limit.Which, _state.Used, _snapshot);
                case Step.RunTools tools:
                    try
                    {
                        await RunToolsAsync(tools, cancellationToken);
                    }
                    catch (NestedModelAwayException e)
                    {
                        // Its journal has what it did; the turn stays open, and the same call goes on there.
                        return new AgentRunResult.ModelAway(e.Message, e.Away.RetryAfter, _state.Used, _snapshot);
                    }
                    catch (SnapshotsExhaustedException e)
                    {
                        return new AgentRunResult.Failed(AgentFailure.SnapshotsExhausted, e.Message, _state.Used, _snapshot);
                    }
                    break;
                case Step.AskModel ask:
                    var done = _state.Used.Turns - before;
                    if (done >= _run.Segment.Turns || (done > 0 && _time.GetElapsedTime(began) >= _run.Segment.Time) || _run.ShouldYield?.Invoke() == true)
                        return new AgentRunResult.Segment(_state.Used, _snapshot);
                    turn.Next(_state.Agent, ask.Turn);
                    if (await TryAskAsync(ask, cancellationToken) is { } without)
                        return without;
                    break;
                default:
                    throw new InvalidOperationException("The step machine gave an unknown step.");
            }
        }
    }

    /// <summary>Asks; null when there is an answer, else how this call of the Runner ends without one.</summary>
    private async Task<AgentRunResult?> TryAskAsync(Step.AskModel ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            var began = _time.GetTimestamp();
            try
            {
                await AskAsync(ask with { Items = ContextTrimmer.Tighter(ask.Items, _tightness) }, cancellationToken);
                return null;
            }
            catch (ModelRejectedException e) when (e is { Cause: ModelRejection.ContextLength, Spent: null } && _tightness < ContextTrimmer.Tightest)
            {
                _tightness++;
                LogTrimmed(_logger, _run.RunId, ask.Turn, _tightness);
            }
            catch (ModelRejectedException e)
            {
                if (e.Spent is { } spent)
                    await BookLostAsync(spent, Since(began), LostAnswer.AtEndpoint, cancellationToken);
                return new AgentRunResult.Failed(FailureOf(e.Cause), e.Message, _state.Used, _snapshot);
            }
            catch (ModelUnavailableException e)
            {
                if (e.Spent is null)
                    return new AgentRunResult.ModelAway(e.Message, e.RetryAfter, _state.Used, _snapshot);
                await BookLostAsync(e.Spent, Since(began), LostAnswer.AtEndpoint, cancellationToken);
                return _state.LostAnswers < MostLostAnswers
                    ? new AgentRunResult.ModelAway(e.Message, e.RetryAfter, _state.Used, _snapshot)
                    : new AgentRunResult.Failed(AgentFailure.ModelUnreadable, $"{e.Message} So it was {_state.LostAnswers} times in a row.", _state.Used, _snapshot);
            }
        }
    }

    /// <summary>What was paid is in the journal, whatever came of it.</summary>
    private async Task BookLostAsync(UsageDetails spent, TimeSpan elapsed, LostAnswer lost, CancellationToken cancellationToken)
    {
        var turn = _state.Used.Turns + 1;
        var agent = Agent;
        LogLost(_logger, _run.RunId, turn, agent.Model, spent.InputTokenCount ?? 0, spent.OutputTokenCount ?? 0);
        await _run.Journal.AppendResponseAsync(_run.RunId, _run.Attempt, turn, JournalCodec.WriteLost(spent, elapsed, agent, lost), cancellationToken);
        _state = _machine.OnLostAnswer(_state, spent, elapsed, agent.Model, lost == LostAnswer.AtEndpoint);
        await CloseTurnAsync(turn, [], TimeSpan.Zero, cancellationToken);
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var turns = await _run.Journal.OpenAsync(_run.RunId, _run.Attempt, cancellationToken);
        var open = false;
        foreach (var turn in turns.OrderBy(t => t.Turn))
        {
            if (open || turn.Turn != _state.Used.Turns + 1)
                throw new InvalidOperationException($"The journal of {_run.RunId} has turn {turn.Turn} where turn {_state.Used.Turns + 1} is expected.");
            var row = JournalCodec.ReadResponse(turn.ResponseJson);
            _state = row.Lost is { } lost
                ? _machine.OnLostAnswer(_state, row.Answer.Usage, row.Elapsed, row.Model, lost == LostAnswer.AtEndpoint, row.Prompt)
                : _machine.OnResponse(_state, row.Answer, row.Elapsed, row.Model, row.Prompt);
            open = turn.OutputsJson is null;
            if (open)
                continue;
            var (outputs, ran, handoff, nested) = JournalCodec.ReadOutputs(turn.OutputsJson!);
            if (handoff is not null)
                _state = _machine.OnHandoff(_state);
            _snapshot = turn.Snapshot ?? _snapshot;
            if (handoff is null && _state.Calls.Count > 0)
            {
                KeepSteps();
                _state = _machine.OnOutputs(_state, outputs, ran, nested);
            }
        }

        _wasResumed = turns.Count > 0 && AgentRun.IsRetry(_run.Attempt);
        if (_wasResumed)
            AgentTelemetry.WentOn(_run.Agent.Name);
        if (open && _state.Calls.Count == 0)
            await CloseTurnAsync(_state.Used.Turns, [], TimeSpan.Zero, cancellationToken);
        // An attempt before this one may have left the workspace in the middle of a turn, or it is another worker's fresh one.
        if (turns.Count > 0 && _run.Snapshots is { } snapshots && _state.End is null)
            await snapshots.RestoreAsync(_snapshot!, cancellationToken);
        // A turn that waited for a person was left before its tools; whether they have begun since is written down elsewhere. One that hands over runs none.
        _again = open && _machine.Next(_state) is Step.RunTools && !_state.Calls.Any(c => Tools.WordFor(c) is not null);
        if (_run.AskedTurn == _state.Used.Turns + 1 && !open && _state.End is null)
        {
            var asked = string.Concat(ContextTrimmer.Trim(_state.Items).Select(TokenEstimate.TextOf)) + string.Concat(Tools.Definitions.Select(d => d.JsonSchema.GetRawText()));
            await BookLostAsync(TokenEstimate.Complete(null, asked, ""), TimeSpan.Zero, LostAnswer.Here, cancellationToken);
        }
    }

    private async Task AskAsync(Step.AskModel ask, CancellationToken cancellationToken)
    {
        Tell(ask.Turn, AgentPhase.AskingModel, []);
        var agent = Agent;
        Tell(h => h.TurnStarting(agent.Name, ask.Turn));
        using var span = AgentTelemetry.StartChat(agent.Name, agent.Model, _run.ConversationId, _about);
        var began = _time.GetTimestamp();
        ChatResponse response;
        try
        {
            response = await _model.GetResponseAsync(ask.Items, OptionsOf(ask), cancellationToken);
        }
        catch (Exception e)
        {
            AgentTelemetry.ChatFailed(span, _about.ProviderName!, agent.Model, e, _time.GetElapsedTime(began));
            if (!cancellationToken.IsCancellationRequested && new OpenAiErrors(_time, model: agent.Model).Sort(e) is { } sorted && sorted != e)
#pragma warning disable MA0027 // Another exception than the one caught.
                throw sorted;
#pragma warning restore MA0027
            throw;
        }
        var elapsed = Since(began);
        AgentTelemetry.ChatAnswered(span, _about.ProviderName!, agent.Model, response, elapsed);
        Answers.KeepErrors(response);
        Answers.Rename(response, Tools.NameOf);
        var row = JournalCodec.Write(response, elapsed, agent);
        await _run.Journal.AppendResponseAsync(_run.RunId, _run.Attempt, ask.Turn, row, cancellationToken);
        // Read back: the run goes on with exactly what a resumed run would go on with, whatever the client's objects hold besides.
        _state = _machine.OnResponse(_state, JournalCodec.ReadResponse(row).Answer, elapsed, agent.Model);
        Tell(h => h.Answered(agent.Name, ask.Turn, response, elapsed));
        if (_state.Calls.Count == 0)
            await CloseTurnAsync(ask.Turn, [], TimeSpan.Zero, cancellationToken);
    }

    private TurnOptions OptionsOf(Step.AskModel ask) => new()
    {
        ModelId = Agent.Model,
        Tools = [.. Tools.Definitions],
        ResponseFormat = Agent.Output is { } output ? ChatResponseFormat.ForJsonSchema(output.Schema, output.Name) : null,
        MaxOutputTokens = Agent.MaxOutputTokens,
        // Where clients of OpenAI's look for the schema's strictness (ours always asks for it); others do not.
        AdditionalProperties = Agent.Output is null ? null : new() { ["strict"] = true },
        RequestId = $"{_run.RunId}/{ask.Turn}",
    };

    private static AgentFailure FailureOf(ModelRejection cause) => cause switch
    {
        ModelRejection.Credit => AgentFailure.ModelCredit,
        ModelRejection.Settings => AgentFailure.ModelSettings,
        ModelRejection.ContextLength => AgentFailure.ModelContext,
        ModelRejection.Content => AgentFailure.Refusal,
        _ => AgentFailure.ModelRejected,
    };

    private async Task RunToolsAsync(Step.RunTools step, CancellationToken cancellationToken)
    {
        Tell(step.Turn, AgentPhase.RunningTools, [.. step.Calls.Select(c => c.Name)]);
        var began = _time.GetTimestamp();
        _nested.Clear();
        if (step.Calls.Any(c => Tools.WordFor(c) is not null))
            _again = await HasBegunAsync(step.Turn, cancellationToken);
        var outputs = await Tools.RunAsync(step.Calls, call => _machine.ApprovalOf(_state, call), _again, cancellationToken);
        _again = false;
        var elapsed = Since(began);
        if (_run.Snapshots is { } snapshots && Tools.MayWrite(step.Calls))
            outputs = await SnapshotAsync(snapshots, outputs, cancellationToken);
        var nested = step.Calls.Select(c => _nested.GetValueOrDefault(c.CallId)).OfType<Consumption>().Aggregate((Consumption?)null, (sum, used) => sum is null ? used : sum + used);
        await CloseTurnAsync(step.Turn, outputs, elapsed, cancellationToken, nested: nested);
        KeepSteps();
        _state = _machine.OnOutputs(_state, outputs, elapsed, nested);
        Tell(step.Turn, AgentPhase.TurnFinished, []);
    }

    // Of a turn whose outputs are in the journal.
    private void KeepSteps()
    {
        if (Agent.FinishesSteps)
            _steps.AddRange(_state.Calls.Select(c => FinishedStep.Of(c, _snapshot)).OfType<FinishedStep>());
    }

    /// <summary>
    /// Whether an earlier execution began the calls of a turn that waited for a person; else it is written down that this one does. The row stands in a journal
    /// of its own beside the run's, as those of nested agents do: the turn's response was there before anybody was asked, and says nothing about it.
    /// </summary>
    private async Task<bool> HasBegunAsync(int turn, CancellationToken cancellationToken)
    {
        var beside = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_run.RunId}/{turn}.begun");
        if ((await _run.Journal.OpenAsync(beside, _run.Attempt, cancellationToken)).Count > 0)
            return true;
        await _run.Journal.AppendResponseAsync(beside, _run.Attempt, 1, "{}", cancellationToken);
        return false;
    }

    /// <summary>
    /// Runs an agent that is called as a tool. Its run is named by the call's place, so that a call that is run again goes on in the same journal and pays for
    /// no answer twice.
    /// </summary>
    private async Task<string> RunNestedAsync(AgentTool tool, string task, string callId, CancellationToken cancellationToken)
    {
        var place = _state.Calls.Select(c => c.CallId).ToList().IndexOf(callId) + 1;
        using var span = AgentTelemetry.StartAgent(tool.Agent.Name, tool.Agent.Model, _run.ConversationId, _about.ProviderName!);
        var result = await new RunExecution(
            new AgentRun
            {
                RunId = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_run.RunId}/{_state.Used.Turns + 1}.{place}"),
                Attempt = _run.Attempt,
                Agent = tool.Agent,
                Input = [new ChatMessage(ChatRole.User, $"The {_state.Agent} asks you:\n{Untrusted.Fence($"asked by {_state.Agent}", task)}")],
                Tools = [.. _run.Tools.Where(t => ToolTraits.Of(t).ReadOnly)],
                Journal = _run.Journal,
                Budget = _run.Budget.Minus(_state.Used),
                Segment = SegmentLimits.None,
                Prices = _run.Prices,
                ToolTimeout = _run.ToolTimeout,
                ConversationId = _run.ConversationId,
                Hooks = _run.Hooks,
            },
            _model, _time, _logger).RunAsync(cancellationToken);
        _nested[callId] = result.Used;
        return result switch
        {
            AgentRunResult.Completed done => done.OutputJson,
            AgentRunResult.ModelAway away => throw new NestedModelAwayException(away),
            AgentRunResult.Failed failed => $"It ended without an answer: {failed.Reason}",
            AgentRunResult.Tripped tripped => $"It ended without an answer: {tripped.Reason}",
            AgentRunResult.BudgetExhausted => "It used what it may without an answer. Ask for less.",
            _ => "It ended without an answer.",
        };
    }

    /// <summary>
    /// Takes the snapshot that the turn ends at. What is too large for one is undone and told with the outputs, so that the workspace is what a
    /// resumed run would find.
    /// </summary>
    private async Task<IReadOnlyList<FunctionResultContent>> SnapshotAsync(IWorkspaceSnapshots snapshots, IReadOnlyList<FunctionResultContent> outputs, CancellationToken cancellationToken)
    {
        try
        {
            _snapshot = await snapshots.TakeAsync(cancellationToken);
            return outputs;
        }
        catch (SnapshotTooLargeException e)
        {
            await snapshots.RestoreAsync(_snapshot!, cancellationToken);
            return [.. outputs.Select(o => new FunctionResultContent(o.CallId, $"{o.Result}\n[undone: {e.Message} The files are as they were before these calls.]"))];
        }
    }

    private Task CloseTurnAsync(int turn, IReadOnlyList<FunctionResultContent> outputs, TimeSpan elapsed, CancellationToken cancellationToken, string? handoff = null, Consumption? nested = null) =>
        _run.Journal.AppendTurnAsync(_run.RunId, _run.Attempt, turn, JournalCodec.Write(outputs, elapsed, handoff, nested), _snapshot, cancellationToken);

    // Whole milliseconds, as the journal keeps them: a resumed run has used exactly what the run had.
    private TimeSpan Since(long began) => TimeSpan.FromMilliseconds((long)_time.GetElapsedTime(began).TotalMilliseconds);

    private void Tell(int turn, AgentPhase phase, IReadOnlyList<string> tools)
    {
        _progress = new AgentProgress(_run.RunId, turn, phase, tools, _state.Used) { Agent = _state.Agent };
        _run.Progress?.Invoke(_progress);
    }

    // A turn is the question and the tools after it: its span ends when the next one begins, or the execution.
    private sealed class TurnSpan(string? conversation) : IDisposable
    {
        private Activity? _span;

        public void Next(string agent, int turn)
        {
            _span?.Dispose();
            _span = AgentTelemetry.StartTurn(agent, turn, conversation);
        }

        public void Dispose() => _span?.Dispose();
    }

    [LoggerMessage(EventId = 3113, Level = LogLevel.Warning, Message = "A hook of {Run} threw")]
    private static partial void LogHookFailed(ILogger logger, string run, Exception error);

    [LoggerMessage(EventId = 3111, Level = LogLevel.Warning, Message = "The conversation of {Run} is too long for its model in turn {Turn}; it is asked again with old outputs cut harder (step {Tightness})")]
    private static partial void LogTrimmed(ILogger logger, string run, int turn, int tightness);

    [LoggerMessage(EventId = 3112, Level = LogLevel.Warning, Message = "An answer of {Model} in turn {Turn} of {Run} was paid and lost; {Input} tokens in and {Output} out are booked for it")]
    private static partial void LogLost(ILogger logger, string run, int turn, string model, long input, long output);
}
