using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Flows;

/// <summary>The list of jobs and their folders say the same.</summary>
public sealed class FlowListTests
{
    [Fact]
    public void List_AndFolders_HaveTheSameJobs()
    {
        FlowList.All.Select(f => f.Kind).ShouldBeUnique();
        FlowRegistry.All.Select(f => f.Kind).Order().ShouldBe(Enum.GetValues<TaskKind>().Order());
        FlowList.All.Select(f => f.Kind).Order().ShouldBe(Enum.GetValues<TaskKind>().Order());
        FlowRegistry.All.Select(f => f.GetType().Namespace).ShouldBeUnique();
    }

    [Fact]
    public void EachJob_IsAskedForByVerbAndLabel_AndItsLabelStopsItWhenRemoved()
    {
        foreach (var flow in FlowList.All)
        {
            FlowList.Of(flow.Verb, flow.IsOnPull)!.Kind.ShouldBe(flow.Kind);
            FlowList.VerbOf(flow.Label.ToUpperInvariant()).ShouldBe(flow.Verb);
            TaskLabels.StopsWhenRemoved(flow.Label).ShouldBeTrue();
            CommandParser.Parse($"/agent {flow.Verb} this")[0].ShouldBeOfType<ParsedCommand.Understood>().Command.Words.ShouldBe("this");
        }
    }
}
