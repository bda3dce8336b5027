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

        var each = Enum.GetValues<TaskKind>();
        string[] expected =
        [
            .. each.SelectMany(k => new[] { TaskState.Editing, TaskState.AddressingFeedback }, (k, phase) => $"{phase} {k}").SelectMany(at => new[] { $"{at}: Coder -> critic: Finishes", $"{at}: Fixer -> critic: Finishes" }),
            .. each.Select(k => $"Critiquing {k}: Critic -> fixer: Finishes"),
            "Editing Implement: Coder -> planner: Replans",
            "Editing Implement: Fixer -> planner: Replans",
        ];
        admitted.Order(StringComparer.Ordinal).ShouldBe(expected.Order(StringComparer.Ordinal));
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
