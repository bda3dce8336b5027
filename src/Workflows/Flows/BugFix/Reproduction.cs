using System.ComponentModel;
using CodingAgent.Agents.Definitions;

namespace CodingAgent.Workflows.Flows.BugFix;

/// <summary>The reproducer's answer. Whether the test fails is not taken from it: that is run.</summary>
/// <param name="Reproduced">It wrote a test that fails because of the defect.</param>
/// <param name="Observed">What happens.</param>
/// <param name="Expected">What should happen.</param>
/// <param name="Suspects">Where the cause seems to lie.</param>
/// <param name="Tried">What was tried.</param>
/// <param name="Question">What a person would have to say; empty when nothing is missing.</param>
public sealed record Reproduction(
    [property: Description("True when a test is in the workspace that fails because of the defect and for no other reason.")] bool Reproduced,
    [property: Description("What happens, as you saw it: values, messages, the command that shows it.")] string Observed,
    [property: Description("What should happen instead, and where that is said.")] string Expected,
    [property: Description("Where the cause seems to lie, one place each: path, function, why. Empty when you do not know.")] IReadOnlyList<string> Suspects,
    [property: Description("What you tried, one attempt each with what came of it.")] IReadOnlyList<string> Tried,
    [property: Description("When it could not be reproduced: the one question whose answer would help most. Empty otherwise.")] string Question)
{
    /// <summary>Wire name <c>reproduction</c>.</summary>
    public static OutputContract Contract { get; } = OutputContract.For<Reproduction>("reproduction", Check);

    private static string? Check(Reproduction answer) =>
        answer.Reproduced && string.IsNullOrWhiteSpace(answer.Observed) ? "observed is empty: say what happens."
        : !answer.Reproduced && answer.Tried.Count == 0 ? "tried is empty: say what you tried and what came of it."
        : !answer.Reproduced && string.IsNullOrWhiteSpace(answer.Question) ? "question is empty: ask what you would have to know."
        : null;
}
