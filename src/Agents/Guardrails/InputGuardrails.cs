using System.Globalization;

namespace CodingAgent.Agents.Guardrails;

/// <summary>Guardrails on input that any run can use.</summary>
public static class InputGuardrails
{
    /// <summary>
    /// Refuses a task whose text alone fills a model's context: every turn would send and pay it again, and the endpoint would refuse it in words that help
    /// nobody.
    /// </summary>
    /// <param name="most">Characters at most; about four make a token.</param>
    public static InputGuardrail AtMost(int most) => new("input-size", (input, _) =>
    {
        var length = input.Sum(m => (long)m.Text.Length);
        return ValueTask.FromResult(length <= most
            ? GuardrailVerdict.Allow
            : GuardrailVerdict.Trip(string.Create(CultureInfo.InvariantCulture, $"The task's text has {length:N0} characters, more than the {most:N0} that an agent is given. Shorten the issue, its conversation or the AGENTS.md files.")));
    });
}
