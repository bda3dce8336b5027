using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Runs;

/// <summary>
/// What happens in a run, told as it happens: for logs, meters and tests, not for decisions (those are guardrails, and journalled). A retry tells again
/// what it does again, and nothing of what it only reads back. Whatever a hook throws is logged and otherwise passed over. Calls that only read run side by
/// side, and so do their hooks. Agents that are called as tools tell the same hooks.
/// </summary>
public abstract class AgentHooks
{
    /// <summary>An agent is about to ask its model.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="turn">Turn of its run, from 1.</param>
    public virtual void TurnStarting(string agent, int turn)
    {
    }

    /// <summary>The model has answered, and the answer is journalled.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="turn">Turn of its run.</param>
    /// <param name="answer">The answer: model output.</param>
    /// <param name="elapsed">Time it took.</param>
    public virtual void Answered(string agent, int turn, ChatResponse answer, TimeSpan elapsed)
    {
    }

    /// <summary>A tool is about to run; guardrails have allowed it.</summary>
    /// <param name="agent">Who calls it.</param>
    /// <param name="turn">Turn of its run.</param>
    /// <param name="call">The call: model output.</param>
    public virtual void ToolStarting(string agent, int turn, FunctionCallContent call)
    {
    }

    /// <summary>A tool has run.</summary>
    /// <param name="agent">Who called it.</param>
    /// <param name="turn">Turn of its run.</param>
    /// <param name="call">The call.</param>
    /// <param name="output">What the model will read of it, unless a guardrail withholds it: outside text.</param>
    public virtual void ToolFinished(string agent, int turn, FunctionCallContent call, string output)
    {
    }

    /// <summary>Another agent takes over inside the run.</summary>
    /// <param name="from">Who hands over.</param>
    /// <param name="to">Who takes over.</param>
    public virtual void HandedOver(string from, string to)
    {
    }

    /// <summary>A call of the Runner has ended.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="result">How.</param>
    public virtual void Ended(string runId, AgentRunResult result)
    {
    }
}
