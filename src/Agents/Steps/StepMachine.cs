using System.Globalization;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Models;
using Microsoft.Extensions.AI;

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
        Items = [new ChatMessage(ChatRole.System, rules.Agent.Instructions), .. rules.Input, .. NotesAfter(0)],
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
                .Select(c => new PendingApproval(c.CallId, c.Name, Answers.ArgumentsOf(c)))
                .ToList();
            return pending.Count > 0 ? new Step.AwaitApproval(pending) : new Step.RunTools(state.Used.Turns + 1, state.Calls);
        }
        return rules.Budget.FirstReached(state.Used) is { } which
            ? new Step.OutOfBudget(which)
            : new Step.AskModel(state.Used.Turns + 1, ContextTrimmer.Trim(state.Items));
    }

    /// <summary>The word given on a call; null when none was.</summary>
    public ToolApproval? ApprovalOf(FunctionCallContent call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return rules.Approvals.FirstOrDefault(a => a.CallId == call.CallId);
    }

    /// <summary>Takes the model's answer. The turn is finished unless it calls tools.</summary>
    /// <param name="state">State.</param>
    /// <param name="response">Answer.</param>
    /// <param name="elapsed">Time it took.</param>
    /// <param name="model">Model that was asked; null for the agent's.</param>
    public RunState OnResponse(RunState state, ChatResponse response, TimeSpan elapsed, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(response);
        if (state.Calls.Count > 0 || state.End is not null)
            throw new InvalidOperationException("The model answered while no answer was asked for.");
        var message = WithUniqueIds(Answers.MessageOf(response), state.Used.Turns + 1);
        var calls = Answers.CallsOf(message);
        if (response.FinishReason == ChatFinishReason.Length && calls is [.., var last] && Answers.MayBeCut(last))
        {
            message = Answers.Replaced(message, last, Answers.Cut(last));
            calls = Answers.CallsOf(message);
        }
        var answered = state with
        {
            Items = [.. state.Items, message],
            Used = state.Used + Cost(response.Usage, elapsed, model),
            LostAnswers = 0,
        };

        if (Answers.RefusalOf(message) is { } refusal)
            return Break(answered, AgentFailure.Refusal, $"The model refused the task: {refusal}");
        if (response.FinishReason == ChatFinishReason.ContentFilter)
            return Break(answered, AgentFailure.Refusal, "The model's answer was withheld by the endpoint's content filter.");
        if (calls.Count > 0)
            return answered with { Calls = calls };
        return Accept(Answers.TextOf(message), response.FinishReason) is var (answer, error) && error is not null
            ? FinishTurn(answered, Signature.Of(message, []), error)
            : CloseTurn(answered) with { End = new RunEnd.Answered(answer!) };
    }

    /// <summary>
    /// Takes that an answer was asked for and paid, and none came that can be read. It is a turn like another, so that budgets end what
    /// never gets better; the conversation stays as it was.
    /// </summary>
    /// <param name="state">State.</param>
    /// <param name="spent">What it cost, as far as known.</param>
    /// <param name="elapsed">Time it took.</param>
    /// <param name="model">Model that was asked.</param>
    /// <param name="atEndpoint">False when it was lost here: it says nothing about the endpoint.</param>
    public RunState OnLostAnswer(RunState state, UsageDetails? spent, TimeSpan elapsed, string? model, bool atEndpoint)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Calls.Count > 0 || state.End is not null)
            throw new InvalidOperationException("An answer was lost while none was asked for.");
        var done = CloseTurn(state with { Used = state.Used + Cost(spent, elapsed, model), LostAnswers = state.LostAnswers + (atEndpoint ? 1 : 0) });
        return done with { Items = [.. done.Items, .. NotesAfter(done.Used.Turns)] };
    }

    private Consumption Cost(UsageDetails? counted, TimeSpan elapsed, string? model) =>
        rules.Prices.ConsumptionOf(model ?? rules.Agent.Model, counted, elapsed);

    /// <summary>Takes the outputs of the turn's calls, one per call.</summary>
    public RunState OnOutputs(RunState state, IReadOnlyList<FunctionResultContent> outputs, TimeSpan elapsed)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(outputs);
        if (!state.Calls.Select(c => c.CallId).SequenceEqual(outputs.Select(o => o.CallId)))
            throw new InvalidOperationException("The outputs do not answer the calls of the turn, each once and in order.");
        var signature = Signature.Of(state.Items[^1], outputs);
        var ran = state with
        {
            Items = [.. state.Items, .. outputs.Select(o => new ChatMessage(ChatRole.Tool, [o]))],
            Calls = [],
            Used = state.Used with { Active = state.Used.Active + elapsed },
        };
        return FinishTurn(ran, signature, null);
    }

    // The answer as it is used, or what the model is told about it.
    private (string? Answer, string? Error) Accept(string? text, ChatFinishReason? finish)
    {
        if (finish == ChatFinishReason.Length)
            return (null, "Your answer was cut at the output limit and was not used. Give a shorter one.");
        if (string.IsNullOrWhiteSpace(text))
            return (null, "Your message was empty. Go on with the task: call a tool, or give your final answer.");
        if (rules.Agent.Output is not { } contract)
            return (text, null);
        var (json, error) = contract.Find(text);
        // Not every endpoint shows the schema to the model, or holds it to it.
        return json is not null
            ? (json, null)
            : (null, $"Your final answer was not accepted. {error} Give the whole answer again, as one JSON object without words around it, by this JSON schema: {contract.Schema.GetRawText()}");
    }

    private RunState FinishTurn(RunState state, string signature, string? feedback)
    {
        var done = CloseTurn(state);
        var items = new List<ChatMessage>(done.Items);
        if (feedback is not null)
            items.Add(new ChatMessage(ChatRole.User, feedback));
        var recent = done.Recent.Append(signature).TakeLast(Signature.Window).ToList();
        var nudged = done.Nudged;
        if (Signature.IsStuck(recent))
        {
            if (nudged)
                return Break(done, AgentFailure.Stuck, "The model repeated the same action with the same result and did not stop when told.", closed: true);
            items.Add(new ChatMessage(ChatRole.User,
                "You have repeated the same action with the same result. It will not change. Look at the files again and try something else, or finish with what is done and say what is missing."));
            recent = [];
            nudged = true;
        }
        items.AddRange(NotesAfter(done.Used.Turns));
        var left = rules.Budget.Turns - done.Used.Turns;
        if (left == TurnsLeftToWarn && rules.Budget.Turns > 2 * TurnsLeftToWarn)
            items.Add(new ChatMessage(ChatRole.User, string.Create(CultureInfo.InvariantCulture, $"{left} turns are left. Bring the work to a consistent state and give your final answer.")));
        return done with { Items = items, Recent = recent, Nudged = nudged };
    }

    private static RunState Break(RunState state, AgentFailure kind, string reason, bool closed = false) =>
        (closed ? state : CloseTurn(state)) with { End = new RunEnd.Broken(kind, reason) };

    private static RunState CloseTurn(RunState state) => state with { Used = state.Used with { Turns = state.Used.Turns + 1 } };

    private IEnumerable<ChatMessage> NotesAfter(int turn) =>
        rules.Steering.Where(n => n.AfterTurn == turn).Select(n => new ChatMessage(ChatRole.User, n.Text));

    // Endpoints have been seen to leave ids empty or to repeat them; an output must answer exactly one call.
    private static ChatMessage WithUniqueIds(ChatMessage message, int turn)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var place = 0;
        var unique = message.Clone();
        unique.Contents = [.. message.Contents.Select(content =>
        {
            if (content is not FunctionCallContent call)
                return content;
            var i = place++;
            var id = string.IsNullOrEmpty(call.CallId) ? Made(i) : call.CallId;
            while (!seen.Add(id))
                id = Made(i) + "_" + seen.Count.ToString(CultureInfo.InvariantCulture);
            return Answers.WithId(call, id);
        })];
        return unique;

        string Made(int i) => string.Create(CultureInfo.InvariantCulture, $"call_{turn}_{i + 1}");
    }
}

/// <summary>What the step machine goes by; all of it is data.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Input">Task text.</param>
/// <param name="Budget">Limits.</param>
public sealed record StepRules(AgentDefinition Agent, IReadOnlyList<ChatMessage> Input, AgentBudget Budget)
{
    /// <summary>Prices.</summary>
    public ModelPrices Prices { get; init; } = ModelPrices.None;

    /// <summary>Tools that need a person's word.</summary>
    public IReadOnlySet<string> GuardedTools { get; init; } = new HashSet<string>();

    /// <summary>Words given.</summary>
    public IReadOnlyList<ToolApproval> Approvals { get; init; } = [];

    /// <summary>Remarks given.</summary>
    public IReadOnlyList<SteeringNote> Steering { get; init; } = [];
}

/// <summary>What to do next: a closed set.</summary>
public abstract record Step
{
    /// <summary>Ask the model for a turn (from 1) with these items.</summary>
    public sealed record AskModel(int Turn, IReadOnlyList<ChatMessage> Items) : Step;

    /// <summary>Run the calls of a turn. Calls a person rejected are answered without running.</summary>
    public sealed record RunTools(int Turn, IReadOnlyList<FunctionCallContent> Calls) : Step;

    /// <summary>Wait for a person.</summary>
    public sealed record AwaitApproval(IReadOnlyList<PendingApproval> Pending) : Step;

    /// <summary>A limit is reached; nothing is asked any more.</summary>
    public sealed record OutOfBudget(BudgetKind Which) : Step;

    /// <summary>The run is over.</summary>
    public sealed record Finish(RunEnd End) : Step;
}
