using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Tasks;

public sealed class HandoffTableTests
{
    private static readonly string[] Targets = ["planner", "retriever", "coder", "critic", "fixer", "", "Planner", "root"];

    [Fact]
    public void Table_Whole_AdmitsTheseAlone()
    {
        var admitted = from phase in Enum.GetValues<TaskState>()
                       from kind in Enum.GetValues<TaskKind>()
                       from role in Enum.GetValues<AgentRole>()
                       from target in Targets
                       let verdict = HandoffTable.Admit(phase, kind, role, target, 0)
                       where verdict.End != HandoffEnd.Refused
                       select $"{phase} {kind}: {role} -> {target}: {verdict.End}";

        admitted.Order(StringComparer.Ordinal).ShouldBe(
        [
            "AddressingFeedback BugFix: Coder -> critic: Finishes",
            "AddressingFeedback BugFix: Fixer -> critic: Finishes",
            "AddressingFeedback Fix: Coder -> critic: Finishes",
            "AddressingFeedback Fix: Fixer -> critic: Finishes",
            "AddressingFeedback Implement: Coder -> critic: Finishes",
            "AddressingFeedback Implement: Fixer -> critic: Finishes",
            "Critiquing BugFix: Critic -> fixer: Finishes",
            "Critiquing Fix: Critic -> fixer: Finishes",
            "Critiquing Implement: Critic -> fixer: Finishes",
            "Editing BugFix: Coder -> critic: Finishes",
            "Editing BugFix: Fixer -> critic: Finishes",
            "Editing Fix: Coder -> critic: Finishes",
            "Editing Fix: Fixer -> critic: Finishes",
            "Editing Implement: Coder -> critic: Finishes",
            "Editing Implement: Coder -> planner: Replans",
            "Editing Implement: Fixer -> critic: Finishes",
            "Editing Implement: Fixer -> planner: Replans",
        ]);
    }

    [Fact]
    public void Refusal_Always_SaysWhy()
    {
        foreach (var phase in Enum.GetValues<TaskState>())
        {
            foreach (var role in Enum.GetValues<AgentRole>())
                Targets.Select(t => HandoffTable.Admit(phase, TaskKind.Fix, role, t, 9)).ShouldAllBe(v => v.End != HandoffEnd.Refused || v.Why.EndsWith('.'));
        }
    }

    [Theory]
    [InlineData(0, HandoffEnd.Replans)]
    [InlineData(1, HandoffEnd.Replans)]
    [InlineData(2, HandoffEnd.Refused)]
    public void Plan_GivenUpTwice_IsCarriedOutAsFarAsItGoes(int givenUp, HandoffEnd end) =>
        HandoffTable.Admit(TaskState.Editing, TaskKind.Implement, AgentRole.Coder, "planner", givenUp).End.ShouldBe(end);
}
