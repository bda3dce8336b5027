using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Models;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Agents;

/// <summary>Runs agents: a thin shell around the pure step machine that asks the model, runs tools and keeps the journal.</summary>
/// <param name="model">Model endpoint.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log; names and numbers only, never content.</param>
public sealed partial class Runner(IModel model, TimeProvider time, ILogger<Runner> logger)
{
    /// <summary>Runs or resumes a run until it ends, needs a person, or its segment is over.</summary>
    /// <exception cref="ModelUnavailableException">The endpoint is away: try again later, nothing is lost.</exception>
    /// <exception cref="JournalFencedException">A newer attempt owns the run; this one stopped without another effect.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the journal holds all finished turns.</exception>
    public async Task<AgentRunResult> RunAsync(AgentRun run, CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        _ = (model, time, logger);
        throw new NotSupportedException();
    }
}
