using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Sessions;
using CodingAgent.Agents.Telemetry;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Agents.Runs;

/// <summary>Runs agents: a thin shell around the pure step machine that asks the model, runs tools and keeps the journal.</summary>
/// <param name="model">Model endpoint: any provider's chat client. It is asked once per turn; retries are the durable caller's.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log; names and numbers only, never content.</param>
public sealed class Runner(IChatClient model, TimeProvider time, ILogger<Runner> logger)
{
    /// <summary>What a run has used according to its journal, whatever became of who ran it. It claims the run: an older execution stops.</summary>
    /// <param name="journal">Journal.</param>
    /// <param name="runId">Run.</param>
    /// <param name="attempt">Fence; see <see cref="AgentRun.FenceOf"/>.</param>
    /// <param name="prices">Prices.</param>
    /// <param name="agent">The agent, for rows that name no model or agent.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="JournalFencedException">A newer attempt owns the run.</exception>
    public static async Task<Consumption> ReadUsedAsync(
        IAgentJournal journal, string runId, int attempt, ModelPrices prices, AgentDefinition agent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(prices);
        ArgumentNullException.ThrowIfNull(agent);
        var used = Consumption.Zero;
        foreach (var turn in await journal.OpenAsync(runId, attempt, cancellationToken))
        {
            var row = JournalCodec.ReadResponse(turn.ResponseJson);
            var (ran, nested) = turn.OutputsJson is { } outputs && JournalCodec.ReadOutputs(outputs) is var closed ? (closed.Elapsed, closed.Nested) : (TimeSpan.Zero, null);
            var by = row.Agent ?? agent.Name;
            used += prices.ConsumptionOf(row.Model ?? agent.Model, row.Answer.Usage, row.Elapsed).Of(by, row.Prompt);
            if (turn.OutputsJson is not null)
                used += (Consumption.Turn(by, row.Prompt) with { Active = ran }) + (nested ?? Consumption.Zero) with { Turns = 0, Active = TimeSpan.Zero };
        }
        return used;
    }

    /// <summary>
    /// Runs or resumes a run until it ends, needs a person, or its segment is over. The model's answer is journalled before any of
    /// its tools runs; a turn that an earlier attempt left unfinished goes back to its starting snapshot and runs its calls again
    /// from the journalled answer, without asking the model again.
    /// </summary>
    /// <exception cref="JournalFencedException">A newer attempt owns the run; this one stopped without another effect.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the journal holds all finished turns.</exception>
    public async Task<AgentRunResult> RunAsync(AgentRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Snapshots is not null && run.StartSnapshot is null)
            throw new ArgumentException("A run with snapshots needs the snapshot it starts from.", nameof(run));
        if (run.Segment.Turns < 1)
            throw new ArgumentException("A segment needs at least one turn.", nameof(run));

        using var span = AgentTelemetry.StartAgent(run.Agent.Name, run.Agent.Model, run.ConversationId, RunExecution.MetadataOf(model).ProviderName!);
        if (run.Session is { } session)
        {
            var items = await session.Store.GetAsync(session.Id, SessionMemory.Read + 1, cancellationToken);
            // What this very run left is of an attempt whose answer was lost on its way.
            if (SessionMemory.Told([.. items.Where(i => i.RunId != run.RunId).TakeLast(SessionMemory.Read)]) is { } told)
                run = run with { Input = [.. run.Input, told] };
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var execution = new RunExecution(run, model, time, logger);
        var pump = execution.PumpAsync(ending.Token);
        try
        {
            var result = await execution.RunAsync(cancellationToken);
            // A handoff may be refused and the run go on: then it is put down again.
            var answer = result switch
            {
                AgentRunResult.Completed done => done.OutputJson,
                AgentRunResult.HandedOff handed => handed.ArgumentsJson,
                _ => null,
            };
            if (answer is not null && run.Session is { } kept)
                await kept.Store.AddAsync(kept.Id, run.RunId, [SessionMemory.Of(execution.Conversation, answer)], cancellationToken);
            return result;
        }
        catch (Exception e)
        {
            span?.SetTag("error.type", e.GetType().FullName);
            throw;
        }
        finally
        {
            await ending.CancelAsync();
            await pump;
        }
    }
}
