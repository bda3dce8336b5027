using System.Globalization;
using CodingAgent.Agents.Models;

namespace CodingAgent.Agents.Steps;

/// <summary>
/// The agent loop without its effects: from a state to the next step, and from a state and what came back to the next state. Pure,
/// so that replaying a journal gives the state the run had. One turn is one model answer with the outputs of its tools.
/// </summary>
/// <param name="rules">What it goes by.</param>
public sealed class StepMachine(StepRules rules)
{
    // Told once, when this many turns are left of a budget that had clearly more.
    private const int TurnsLeftToWarn = 5;

    /// <summary>The state before the first turn.</summary>
    public RunState Start() => new()
    {
        Items = [new ModelItem.SystemText(rules.Agent.Instructions), .. rules.Input, .. NotesAfter(0)],
    };

    /// <summary>What to do next. Total: every state has a step.</summary>
    public Step Next(RunState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.End is { } end)
            return new Step.Finish(end);
        if (state.Calls.Count > 0)
        {
            var pending = state.Calls
                .Where(c => rules.GuardedTools.Contains(c.Name) && ApprovalOf(c) is null)
                .Select(c => new PendingApproval(c.Id, c.Name, c.Arguments))
                .ToList();
            return pending.Count > 0 ? new Step.AwaitApproval(pending) : new Step.RunTools(state.Used.Turns + 1, state.Calls);
        }
        return rules.Budget.FirstReached(state.Used) is { } which
            ? new Step.OutOfBudget(which)
            : new Step.AskModel(state.Used.Turns + 1, ContextTrimmer.Trim(state.Items));
    }

    /// <summary>The word given on a call; null when none was.</summary>
    public ToolApproval? ApprovalOf(ToolCall call) => rules.Approvals.FirstOrDefault(a => a.CallId == call.Id);

    /// <summary>Takes the model's answer. The turn is finished unless it calls tools.</summary>
    public RunState OnResponse(RunState state, ModelResponse response, TimeSpan elapsed)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(response);
        if (state.Calls.Count > 0 || state.End is not null)
            throw new InvalidOperationException("The model answered while no answer was asked for.");
        var calls = WithUniqueIds(response.Message.ToolCalls, state.Used.Turns + 1);
        var message = response.Message with { ToolCalls = calls };
        var answered = state with
        {
            Items = [.. state.Items, message],
            Used = state.Used with
            {
                Usage = state.Used.Usage + response.Usage,
                CostUsd = state.Used.CostUsd + rules.Prices.CostOf(rules.Agent.Model, response.Usage),
                Active = state.Used.Active + elapsed,
            },
        };

        if (response.Refusal is { Length: > 0 } refusal)
            return Break(answered, AgentFailure.Refusal, $"The model refused the task: {refusal}");
        if (response.FinishReason == "content_filter")
            return Break(answered, AgentFailure.Refusal, "The model's answer was withheld by the endpoint's content filter.");
        if (calls.Count > 0)
            return answered with { Calls = calls };
        return FirstError(response) is { } error
            ? FinishTurn(answered, Signature.Of(message, []), error)
            : CloseTurn(answered) with { End = new RunEnd.Answered(message.Text!) };
    }

    /// <summary>Takes the outputs of the turn's calls, one per call.</summary>
    public RunState OnOutputs(RunState state, IReadOnlyList<ModelItem.ToolOutput> outputs, TimeSpan elapsed)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(outputs);
        if (!state.Calls.Select(c => c.Id).SequenceEqual(outputs.Select(o => o.CallId)))
            throw new InvalidOperationException("The outputs do not answer the calls of the turn, each once and in order.");
        var signature = Signature.Of((ModelItem.AssistantMessage)state.Items[^1], outputs);
        var ran = state with
        {
            Items = [.. state.Items, .. outputs],
            Calls = [],
            Used = state.Used with { Active = state.Used.Active + elapsed },
        };
        return FinishTurn(ran, signature, null);
    }

    private string? FirstError(ModelResponse response)
    {
        var text = response.Message.Text;
        if (response.FinishReason == "length")
            return "Your answer was cut at the output limit and was not used. Give a shorter one.";
        if (string.IsNullOrWhiteSpace(text))
            return "Your message was empty. Go on with the task: call a tool, or give your final answer.";
        return rules.Agent.Output?.FirstError(text) is { } error
            ? $"Your final answer was not accepted. {error} Give the whole answer again."
            : null;
    }

    private RunState FinishTurn(RunState state, string signature, string? feedback)
    {
        var done = CloseTurn(state);
        var items = new List<ModelItem>(done.Items);
        if (feedback is not null)
            items.Add(new ModelItem.UserText(feedback));
        var recent = done.Recent.Append(signature).TakeLast(Signature.Window).ToList();
        var nudged = done.Nudged;
        if (Signature.IsStuck(recent))
        {
            if (nudged)
                return Break(done, AgentFailure.Stuck, "The model repeated the same action with the same result and did not stop when told.", closed: true);
            items.Add(new ModelItem.UserText(
                "You have repeated the same action with the same result. It will not change. Look at the files again and try something else, or finish with what is done and say what is missing."));
            recent = [];
            nudged = true;
        }
        items.AddRange(NotesAfter(done.Used.Turns));
        var left = rules.Budget.Turns - done.Used.Turns;
        if (left == TurnsLeftToWarn && rules.Budget.Turns > 2 * TurnsLeftToWarn)
            items.Add(new ModelItem.UserText(string.Create(CultureInfo.InvariantCulture, $"{left} turns are left. Bring the work to a consistent state and give your final answer.")));
        return done with { Items = items, Recent = recent, Nudged = nudged };
    }

    private static RunState Break(RunState state, AgentFailure kind, string reason, bool closed = false) =>
        (closed ? state : CloseTurn(state)) with { End = new RunEnd.Broken(kind, reason) };

    private static RunState CloseTurn(RunState state) => state with { Used = state.Used with { Turns = state.Used.Turns + 1 } };

    private IEnumerable<ModelItem> NotesAfter(int turn) =>
        rules.Steering.Where(n => n.AfterTurn == turn).Select(n => new ModelItem.UserText(n.Text));

    // Endpoints have been seen to leave ids empty or to repeat them; an output must answer exactly one call.
    private static IReadOnlyList<ToolCall> WithUniqueIds(IReadOnlyList<ToolCall> calls, int turn)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. calls.Select((call, i) =>
        {
            var id = string.IsNullOrEmpty(call.Id) ? Made(i) : call.Id;
            while (!seen.Add(id))
                id = Made(i) + "_" + seen.Count.ToString(CultureInfo.InvariantCulture);
            return call with { Id = id };
        })];

        string Made(int i) => string.Create(CultureInfo.InvariantCulture, $"call_{turn}_{i + 1}");
    }
}
