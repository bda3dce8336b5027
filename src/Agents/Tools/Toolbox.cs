using System.Diagnostics;
using CodingAgent.Agents.Guardrails;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Outside;
using CodingAgent.Agents.Telemetry;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;

namespace CodingAgent.Agents.Tools;

/// <summary>
/// Runs the calls of a turn. Every call gets exactly one output, whatever happens: errors are text the model can act on. Calls that
/// only read run beside each other; a call that may write runs alone, after all calls before it.
/// </summary>
internal sealed partial class Toolbox
{
    /// <summary>Under which the arguments' context tells a function of ours the id of its call.</summary>
    public const string CallKey = "coding-agent.call";

    // More is not read to its end by who is asked, and several of them must fit into one comment.
    private const int MostShown = 4_000;

    private readonly Dictionary<string, OfferedTool> _tools;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private readonly IReadOnlyList<ToolGuardrail> _guardrails;
    private readonly Func<AIFunction, bool> _passes;
    private readonly Action<FunctionCallContent, string?> _onCall;

    public Toolbox(IReadOnlyList<AIFunction> tools, IReadOnlyList<ToolGuardrail> guardrails, TimeSpan timeout, TimeProvider time, ILogger logger, Func<AIFunction, bool> passes, Action<FunctionCallContent, string?> onCall)
    {
        _tools = tools.Select(t => new OfferedTool(t)).ToDictionary(t => t.Function.Name, StringComparer.Ordinal);
        _guardrails = guardrails;
        _passes = passes;
        _onCall = onCall;
        _timeout = timeout;
        _time = time;
        _logger = logger;
        Definitions = [.. tools.Select(t => _tools[t.Name].Definition)];
    }

    public IReadOnlyList<AIFunctionDeclaration> Definitions { get; }

    /// <summary>
    /// What the tool of a call is, where the call takes a person's word; null where it does not. A call that would not run anyway is not asked about: what is
    /// wrong with it is told to the model.
    /// </summary>
    public string? WordFor(FunctionCallContent call) =>
        _tools.TryGetValue(call.Name, out var tool) && tool.Traits.NeedsApproval && tool.TryRead(call, out _) is null && TooLongToShow(call) is null
            && _guardrails.All(g => g.Before?.Invoke(Guarded(tool, call)) is null or { Outcome: GuardrailOutcome.Allow })
            ? tool.Traits.Identity
            : null;

    /// <summary>True when a call may change the workspace.</summary>
    public bool MayWrite(IReadOnlyList<FunctionCallContent> calls) => calls.Any(c => _tools.TryGetValue(c.Name, out var tool) && !tool.Traits.ReadOnly);

    /// <summary>Runs the calls.</summary>
    /// <param name="calls">Calls, in the model's order.</param>
    /// <param name="approvalOf">A person's word on a call.</param>
    /// <param name="again">True when the turn was begun by an attempt that did not finish it.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public async Task<IReadOnlyList<FunctionResultContent>> RunAsync(
        IReadOnlyList<FunctionCallContent> calls, Func<FunctionCallContent, ToolApproval?> approvalOf, bool again, CancellationToken cancellationToken)
    {
        var outputs = new FunctionResultContent[calls.Count];
        for (var next = 0; next < calls.Count;)
        {
            var first = next;
            do
                next++;
            while (next < calls.Count && OnlyReads(calls[next - 1]) && OnlyReads(calls[next]));
            await Task.WhenAll(Enumerable.Range(first, next - first).Select(async i =>
                outputs[i] = new FunctionResultContent(calls[i].CallId, await RunOneAsync(calls[i], approvalOf(calls[i]), again, cancellationToken))));
        }
        return outputs;
    }

    /// <summary>
    /// The tool that a name means: itself; or, from models that put a namespace before it, change its case or leave marks of their own
    /// behind it, the one tool whose letters it has. Null when none or several do.
    /// </summary>
    public string? NameOf(string name)
    {
        if (_tools.ContainsKey(name))
            return name;
        var mark = name.IndexOf("<|", StringComparison.Ordinal);
        var plain = (mark > 0 ? name[..mark] : name).Trim();
        var last = plain[(plain.LastIndexOfAny(['.', ':', '/']) + 1)..];
        var end = last.LastIndexOf("__", StringComparison.Ordinal) is >= 0 and var at ? last[(at + 2)..] : last;
        foreach (var form in (string[])[plain, last, end])
        {
            if (Letters(form) is { Length: > 0 } letters && _tools.Keys.Where(k => Letters(k) == letters).ToList() is [var only])
                return only;
        }
        return null;
    }

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    private bool OnlyReads(FunctionCallContent call) => _tools.TryGetValue(call.Name, out var tool) && tool.Traits.ReadOnly;

    private static GuardedCall Guarded(OfferedTool tool, FunctionCallContent call) => new(call.Name, Answers.ArgumentsOf(call), tool.Traits.ReadOnly, tool.Traits.LeavesWorkspace);

    private static string? TooLongToShow(FunctionCallContent call) => Answers.ArgumentsOf(call).Length > MostShown
        ? $"{call.Name} takes a person's word, and nobody can be asked about arguments of more than {MostShown} characters. It was not run; send less."
        : null;

    private async Task<string> RunOneAsync(FunctionCallContent call, ToolApproval? approval, bool again, CancellationToken cancellationToken)
    {
        if (!_tools.TryGetValue(call.Name, out var tool))
        {
            var meant = Nearest.Of(call.Name, _tools.Keys) is { } near ? $" Did you mean {near}?" : "";
            var offered = _tools.Count == 0 ? "No tools are offered." : $"The tools are: {string.Join(", ", Definitions.Select(d => d.Name))}.";
            return $"There is no tool '{Untrusted.OneLine(ToolText.Trim(call.Name))}'.{meant} {offered}";
        }
        if (approval is { Approved: false })
            return $"A person did not allow this call{(string.IsNullOrWhiteSpace(approval.Reason) ? "" : $": {Untrusted.OneLine(approval.Reason)}")}. It was not run.";
        if (again && tool.Traits.LeavesWorkspace)
            return $"The outcome of {call.Name} is unknown: the work was interrupted while it ran, and it is not run twice. Inspect what it did before you go on.";
        if (tool.TryRead(call, out var arguments) is { } wrong)
            return wrong;
        if (tool.Traits.NeedsApproval && TooLongToShow(call) is { } tooLong)
            return tooLong;

        var guarded = Guarded(tool, call);
        if (Judge(g => g.Before?.Invoke(guarded)) is { } refused)
            return $"{call.Name} was not run: {refused}";
        // Whoever asked has let it through; nothing else may.
        if (tool.Traits.NeedsApproval && approval is not { Approved: true })
            return $"{call.Name} takes a person's word, which was not given. It was not run.";
        _onCall(call, null);
        var output = await InvokeAsync(tool, call, arguments, cancellationToken);
        _onCall(call, output);
        return Judge(g => g.After?.Invoke(guarded, output)) is { } withheld ? $"What {call.Name} returned is withheld: {withheld}" : output;
    }

    /// <summary>What the first guardrail that objects has to say; null when none does.</summary>
    /// <exception cref="GuardrailTrippedException">One of them ends the run.</exception>
    private string? Judge(Func<ToolGuardrail, GuardrailVerdict?> judge)
    {
        foreach (var guardrail in _guardrails)
        {
            if (judge(guardrail) is not { } verdict)
                continue;
            using var span = AgentTelemetry.StartGuardrail(guardrail.Name, null);
            AgentTelemetry.Judged(span, guardrail.Name, verdict.Outcome);
            if (verdict.Outcome == GuardrailOutcome.Trip)
                throw new GuardrailTrippedException(guardrail.Name, GuardrailStage.Tool, verdict.Words);
            if (verdict.Outcome == GuardrailOutcome.Reject)
                return verdict.Words;
        }
        return null;
    }

    private async Task<string> InvokeAsync(OfferedTool tool, FunctionCallContent call, AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        using var span = AgentTelemetry.Source.StartActivity($"execute_tool {call.Name}", ActivityKind.Internal);
        span?.SetTag("gen_ai.operation.name", "execute_tool").SetTag("gen_ai.tool.name", call.Name).SetTag("gen_ai.tool.call.id", call.CallId);
        using var limit = new CancellationTokenSource(_timeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            // WaitAsync: a tool that does not honour its token must not hold the run.
            arguments.Context = new Dictionary<object, object?> { [CallKey] = call.CallId };
            var result = await tool.Function.InvokeAsync(arguments, linked.Token).AsTask().WaitAsync(linked.Token);
            return Untrusted.Output(tool.SourceOf(arguments), ToolText.Of(result, tool.Traits.ReadOnly));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            Fail(span, "timeout");
            return $"{call.Name} did not finish within {_timeout.TotalSeconds:0} seconds and was given up. Use a smaller step.";
        }
        catch (Exception) when (_passes(tool.Function))
        {
            // An agent's own run: what goes wrong there is sorted already, and what is left is no tool's failure.
            throw;
        }
        catch (McpException e)
        {
            // The one exception whose words are meant for the model. They may show what is in a file, or be a third party's.
            Fail(span, nameof(McpException));
            return Untrusted.Output(tool.SourceOf(arguments), ToolText.Trim($"{call.Name} failed: {e.Message}"));
        }
        catch (Exception e)
        {
            Fail(span, e.GetType().FullName!);
            LogToolFailed(_logger, call.Name, e);
            return $"{call.Name} failed inside. The call did not succeed; check its arguments or try another way.";
        }
    }

    private static void Fail(Activity? span, string type) => span?.SetTag("error.type", type).SetStatus(ActivityStatusCode.Error);

    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning, Message = "Tool {Tool} threw")]
    private static partial void LogToolFailed(ILogger logger, string tool, Exception error);
}
