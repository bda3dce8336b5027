using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Guardrails;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Outside;
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

    // The same of an agent's own turns, which are few.
    private const int OwnTurnsLeftToWarn = 2;

    private readonly Dictionary<string, AgentDefinition> _agents = rules.Agent.WithInside().ToDictionary(a => a.Name, StringComparer.Ordinal);

    /// <summary>The state before the first turn.</summary>
    public RunState Start() => new()
    {
        Agent = rules.Agent.Name,
        Items = [new ChatMessage(ChatRole.System, rules.Agent.Instructions), .. rules.Input, .. NotesIn(0, 0)],
    };

    /// <summary>The agent whose turn it is.</summary>
    public AgentDefinition AgentOf(RunState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return _agents.TryGetValue(state.Agent, out var agent) ? agent : throw new InvalidOperationException($"The run knows no agent '{state.Agent}'.");
    }

    /// <summary>What to do next. Total: every state has a step.</summary>
    public Step Next(RunState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.End is { } end)
            return new Step.Finish(end);
        if (state.Calls.Count > 0)
        {
            if (HandoffIn(state) is { } asked)
                return AtHandoff(state, asked);
            var pending = state.Calls
                .Select(c => (Call: c, Digest: DigestOf(state, c)))
                .Where(c => c.Digest is { } digest && rules.Approvals.All(a => a.Digest != digest))
                .Select(c => new PendingApproval(c.Call.CallId, c.Call.Name, Answers.ArgumentsOf(c.Call), c.Digest!))
                .ToList();
            return pending.Count > 0 ? new Step.AwaitApproval(pending) : new Step.RunTools(state.Used.Turns + 1, state.Calls);
        }
        var spent = state.Waiting.Count == 0 && OwnTurnsLeft(state) <= 0 ? BudgetKind.Turns : rules.Budget.FirstReached(state.Used);
        return spent is { } which
            ? new Step.OutOfBudget(which)
            : new Step.AskModel(state.Used.Turns + 1, ContextTrimmer.Trim(state.Items));
    }

    private Step AtHandoff(RunState state, AskedHandoff asked)
    {
        var turn = state.Used.Turns + 1;
        if (asked.Handoff.Agent is not null)
            return new Step.SwitchAgent(turn, asked.Handoff.Target, OutputsOf(state.Calls, asked.Call.CallId, $"Handed over to {asked.Handoff.Target}."));
        // What is handed out of the run may count as the agent's answer, so it is judged like one.
        if (Judge(state, asked.ArgumentsJson) is var (guardrail, verdict))
        {
            return verdict.Outcome == GuardrailOutcome.Trip
                ? new Step.Finish(new RunEnd.Tripped(guardrail, verdict.Words))
                : new Step.AnswerCalls(turn, OutputsOf(state.Calls, asked.Call.CallId, $"The handoff was not made. {verdict.Words}"));
        }
        return rules.RefusedHandoffs.FirstOrDefault(r => r.Turn == turn) is { } refused
            ? new Step.AnswerCalls(turn, OutputsOf(state.Calls, asked.Call.CallId, $"The handoff to {asked.Handoff.Target} was not admitted: {refused.Reason} Go on with your own part."))
            : new Step.AwaitHandoff(turn, asked.Handoff.Target, asked.ArgumentsJson);
    }

    // What the first guardrail on the answer that objects says.
    private (string Guardrail, GuardrailVerdict Verdict)? Judge(RunState state, string answer)
    {
        foreach (var guardrail in AgentOf(state).OutputGuardrails)
        {
            if (guardrail.Check(answer) is { Outcome: not GuardrailOutcome.Allow } verdict)
                return (guardrail.Name, verdict);
        }
        return null;
    }

    // The first call of the turn that hands over and can be read.
    private AskedHandoff? HandoffIn(RunState state)
    {
        foreach (var call in state.Calls)
        {
            if (AgentOf(state).Handoffs.FirstOrDefault(h => h.ToolName == call.Name) is { } handoff && handoff.Read(call).Json is { } json)
                return new AskedHandoff(handoff, call, json);
        }
        return null;
    }

    private static IReadOnlyList<FunctionResultContent> OutputsOf(IReadOnlyList<FunctionCallContent> calls, string handoffCall, string output) =>
        [.. calls.Select(c => new FunctionResultContent(c.CallId, c.CallId == handoffCall ? output : "Not run: you handed over in the same turn."))];

    /// <summary>Takes that the turn's calls hand over inside the run: the other agent begins with what the handoff's filter leaves it.</summary>
    public RunState OnHandoff(RunState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (HandoffIn(state) is not { Handoff.Agent: { } taking } asked)
            throw new InvalidOperationException("No call of the turn hands over inside the run.");
        var done = CloseTurn(state);
        var context = new HandoffContext(state.Agent, rules.Input, [.. state.Items.Skip(1).SkipLast(1)], asked.ArgumentsJson);
        return done with
        {
            Agent = taking.Name,
            Items = [new ChatMessage(ChatRole.System, taking.Instructions), .. asked.Handoff.Filter(context)],
            Waiting = [.. state.Waiting, new WaitingAgent(state.Agent, state.Items, state.Calls, asked.Call.CallId, done.Used.Turns, state.Since, state.Recent, state.Nudged)],
            Since = done.Used.Turns,
            Calls = [],
            Recent = [],
            Nudged = false,
        };
    }

    /// <summary>The agent has answered, or given up, and the one that handed over goes on with that as the output of its call.</summary>
    private RunState HandBack(RunState done, string output)
    {
        var waiting = done.Waiting[^1];
        var outputs = OutputsOf(waiting.Calls, waiting.HandoffCall, Untrusted.Output($"answer of the {done.Agent}", output));
        var back = done with
        {
            Agent = waiting.Agent,
            Items = [.. waiting.Items, .. outputs.Select(o => new ChatMessage(ChatRole.Tool, [o]))],
            Waiting = [.. done.Waiting.SkipLast(1)],
            Since = waiting.Since,
            Recent = waiting.Recent,
            Nudged = waiting.Nudged,
        };
        return Settle(back, Signature.Of(waiting.Items[^1], outputs), null, waiting.At);
    }

    /// <summary>The word given on a call of the open turn; null when none was, or none is needed.</summary>
    public ToolApproval? ApprovalOf(RunState state, FunctionCallContent call)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(call);
        return DigestOf(state, call) is { } digest ? rules.Approvals.FirstOrDefault(a => a.Digest == digest) : null;
    }

    // Of this very call, where it takes a person's word; null for all others.
    private string? DigestOf(RunState state, FunctionCallContent call)
    {
        if (rules.WordFor(call) is not { } identity)
            return null;
        var named = new StringBuilder();
        foreach (var part in (string[])[rules.RunId, (state.Used.Turns + 1).ToString(CultureInfo.InvariantCulture), call.CallId, call.Name, identity, Answers.ArgumentsOf(call)])
            named.Append(part.Length).Append(':').Append(part);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(named.ToString())));
    }

    /// <summary>Takes the model's answer. The turn is finished unless it calls tools.</summary>
    /// <param name="state">State.</param>
    /// <param name="response">Answer.</param>
    /// <param name="elapsed">Time it took.</param>
    /// <param name="model">Model that was asked; null for the agent's.</param>
    /// <param name="prompt">Version of the prompt it was asked with; null for the agent's.</param>
    public RunState OnResponse(RunState state, ChatResponse response, TimeSpan elapsed, string? model = null, string? prompt = null)
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
            Used = state.Used + Cost(state, response.Usage, elapsed, model, prompt),
            Prompt = prompt ?? AgentOf(state).PromptVersion,
            LostAnswers = 0,
        };

        if (Answers.RefusalOf(message) is { } refusal)
            return Break(answered, AgentFailure.Refusal, $"The model refused the task: {refusal}");
        if (response.FinishReason == ChatFinishReason.ContentFilter)
            return Break(answered, AgentFailure.Refusal, "The model's answer was withheld by the endpoint's content filter.");
        if (calls.Count > 0)
            return answered with { Calls = calls };
        var (answer, error) = Accept(AgentOf(state).Output, Answers.TextOf(message), response.FinishReason);
        if (error is not null)
            return FinishTurn(answered, Signature.Of(message, []), error);
        if (state.Waiting.Count > 0)
            return HandBack(CloseTurn(answered), answer!);
        if (Judge(state, answer!) is var (guardrail, verdict))
        {
            return verdict.Outcome == GuardrailOutcome.Trip
                ? CloseTurn(answered) with { End = new RunEnd.Tripped(guardrail, verdict.Words) }
                : FinishTurn(answered, Signature.Of(message, []), $"Your final answer was not accepted. {verdict.Words}");
        }
        return CloseTurn(answered) with { End = new RunEnd.Answered(answer!) };
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
    /// <param name="prompt">Version of the prompt it was asked with; null for the agent's.</param>
    public RunState OnLostAnswer(RunState state, UsageDetails? spent, TimeSpan elapsed, string? model, bool atEndpoint, string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Calls.Count > 0 || state.End is not null)
            throw new InvalidOperationException("An answer was lost while none was asked for.");
        var agent = AgentOf(state);
        var done = CloseTurn(state with
        {
            Used = state.Used + Cost(state, spent, elapsed, model, prompt),
            Prompt = prompt ?? agent.PromptVersion,
            LostAnswers = state.LostAnswers + (atEndpoint ? 1 : 0),
        });
        return done.Waiting.Count > 0 ? done : done with { Items = [.. done.Items, .. NotesIn(done.Used.Turns, done.Used.Turns)] };
    }

    private Consumption Cost(RunState state, UsageDetails? counted, TimeSpan elapsed, string? model, string? prompt)
    {
        var agent = AgentOf(state);
        return rules.Prices.ConsumptionOf(model ?? agent.Model, counted, elapsed).Of(agent.Name, prompt ?? agent.PromptVersion);
    }

    /// <summary>Takes the outputs of the turn's calls, one per call.</summary>
    /// <param name="state">State.</param>
    /// <param name="outputs">Outputs, in the order of the calls.</param>
    /// <param name="elapsed">Time they took.</param>
    /// <param name="nested">What agents that were called as tools used meanwhile; their turns are their own, and their time is in that of the calls.</param>
    public RunState OnOutputs(RunState state, IReadOnlyList<FunctionResultContent> outputs, TimeSpan elapsed, Consumption? nested = null)
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
            Used = state.Used + (nested ?? Consumption.Zero) with { Turns = 0, Active = elapsed },
        };
        return FinishTurn(ran, signature, null);
    }

    // The answer as it is used, or what the model is told about it.
    private static (string? Answer, string? Error) Accept(OutputContract? output, string? text, ChatFinishReason? finish)
    {
        if (finish == ChatFinishReason.Length)
            return (null, "Your answer was cut at the output limit and was not used. Give a shorter one.");
        if (string.IsNullOrWhiteSpace(text))
            return (null, "Your message was empty. Go on with the task: call a tool, or give your final answer.");
        if (output is not { } contract)
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
        return Settle(done, signature, feedback, done.Used.Turns);
    }

    /// <summary>What the agent is told after a turn: what was wrong, that it repeats itself, what people said, what is left.</summary>
    /// <param name="done">State after the turn.</param>
    /// <param name="signature">What was done, with its result.</param>
    /// <param name="feedback">What was wrong with its answer.</param>
    /// <param name="from">First turn whose notes it has not read: others may have worked since it handed over.</param>
    private RunState Settle(RunState done, string signature, string? feedback, int from)
    {
        var items = new List<ChatMessage>(done.Items);
        if (feedback is not null)
            items.Add(new ChatMessage(ChatRole.User, feedback));
        var recent = done.Recent.Append(signature).TakeLast(Signature.Window).ToList();
        var nudged = done.Nudged;
        if (Signature.IsStuck(recent))
        {
            if (nudged)
            {
                return done.Waiting.Count > 0
                    ? HandBack(done, "It repeated the same action with the same result and gave no answer.")
                    : Break(done, AgentFailure.Stuck, "The model repeated the same action with the same result and did not stop when told.", closed: true);
            }
            items.Add(new ChatMessage(ChatRole.User,
                "You have repeated the same action with the same result. It will not change. Look at the files again and try something else, or finish with what is done and say what is missing."));
            recent = [];
            nudged = true;
        }
        if (done.Waiting.Count == 0)
        {
            // Who works for another one does not hear people: the other one will.
            items.AddRange(NotesIn(from, done.Used.Turns));
            var left = rules.Budget.Turns - done.Used.Turns;
            if (left <= TurnsLeftToWarn && left + (done.Used.Turns - from) + 1 > TurnsLeftToWarn && left > 0 && rules.Budget.Turns > 2 * TurnsLeftToWarn)
                items.Add(new ChatMessage(ChatRole.User, string.Create(CultureInfo.InvariantCulture, $"{left} turns are left. Bring the work to a consistent state and give your final answer.")));
        }
        if (OwnTurnsLeft(done) == OwnTurnsLeftToWarn && AgentOf(done).MaxTurns > 2 * OwnTurnsLeftToWarn)
            items.Add(new ChatMessage(ChatRole.User, string.Create(CultureInfo.InvariantCulture, $"{OwnTurnsLeftToWarn} of your turns are left. Give your final answer with what you have.")));
        var settled = done with { Items = items, Recent = recent, Nudged = nudged };
        return OwnTurnsLeft(settled) <= 0 ? AtMaxTurns(settled) : settled;
    }

    private int OwnTurnsLeft(RunState state) => AgentOf(state).MaxTurns is { } most ? most - (state.Used.Turns - state.Since) : int.MaxValue;

    private RunState AtMaxTurns(RunState state)
    {
        var agent = AgentOf(state);
        var answer = agent.OnMaxTurns?.Invoke(state.Items);
        if (answer is not null && agent.Output is { } contract)
            answer = contract.Find(answer).Json;
        if (state.Waiting.Count > 0)
            return HandBack(state, answer ?? string.Create(CultureInfo.InvariantCulture, $"It gave no answer within its {agent.MaxTurns} turns."));
        return answer is null ? state : state with { End = new RunEnd.Answered(answer) };
    }

    private static RunState Break(RunState state, AgentFailure kind, string reason, bool closed = false) =>
        (closed ? state : CloseTurn(state)) with { End = new RunEnd.Broken(kind, reason) };

    private static RunState CloseTurn(RunState state) => state with { Used = state.Used + Consumption.Turn(state.Agent, state.Prompt) };

    private IEnumerable<ChatMessage> NotesIn(int from, int to) =>
        rules.Steering.Where(n => n.AfterTurn >= from && n.AfterTurn <= to).Select(n => new ChatMessage(ChatRole.User, n.Text));

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

/// <summary>What the step machine goes by; all of it is data, but for one pure function.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Input">Task text.</param>
/// <param name="Budget">Limits.</param>
public sealed record StepRules(AgentDefinition Agent, IReadOnlyList<ChatMessage> Input, AgentBudget Budget)
{
    /// <summary>Prices.</summary>
    public ModelPrices Prices { get; init; } = ModelPrices.None;

    /// <summary>Id of the run: a person's word is for one call of one run.</summary>
    public string RunId { get; init; } = "";

    /// <summary>What the tool of a call is, where the call takes a person's word; null where it does not. Pure.</summary>
    public Func<FunctionCallContent, string?> WordFor { get; init; } = _ => null;

    /// <summary>Words given.</summary>
    public IReadOnlyList<ToolApproval> Approvals { get; init; } = [];

    /// <summary>Remarks given.</summary>
    public IReadOnlyList<SteeringNote> Steering { get; init; } = [];

    /// <summary>Handoffs that were not admitted.</summary>
    public IReadOnlyList<RefusedHandoff> RefusedHandoffs { get; init; } = [];
}

/// <summary>A handoff that a turn asks for.</summary>
/// <param name="Handoff">Which.</param>
/// <param name="Call">The call.</param>
/// <param name="ArgumentsJson">What it hands over.</param>
internal sealed record AskedHandoff(Handoff Handoff, FunctionCallContent Call, string ArgumentsJson);

/// <summary>What to do next: a closed set.</summary>
public abstract record Step
{
    /// <summary>Ask the model for a turn (from 1) with these items.</summary>
    public sealed record AskModel(int Turn, IReadOnlyList<ChatMessage> Items) : Step;

    /// <summary>Run the calls of a turn. Calls a person rejected are answered without running.</summary>
    public sealed record RunTools(int Turn, IReadOnlyList<FunctionCallContent> Calls) : Step;

    /// <summary>Another agent takes over inside the run; these outputs close the turn.</summary>
    public sealed record SwitchAgent(int Turn, string Target, IReadOnlyList<FunctionResultContent> Outputs) : Step;

    /// <summary>The turn's calls are answered with these outputs, and none of them runs.</summary>
    public sealed record AnswerCalls(int Turn, IReadOnlyList<FunctionResultContent> Outputs) : Step;

    /// <summary>The turn hands over to an agent outside the run: its caller admits or refuses that.</summary>
    public sealed record AwaitHandoff(int Turn, string Target, string ArgumentsJson) : Step;

    /// <summary>Wait for a person.</summary>
    public sealed record AwaitApproval(IReadOnlyList<PendingApproval> Pending) : Step;

    /// <summary>A limit is reached; nothing is asked any more.</summary>
    public sealed record OutOfBudget(BudgetKind Which) : Step;

    /// <summary>The run is over.</summary>
    public sealed record Finish(RunEnd End) : Step;
}
