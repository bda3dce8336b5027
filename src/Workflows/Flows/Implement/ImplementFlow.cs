using CodingAgent.Workflows.Phases;

namespace CodingAgent.Workflows.Flows.Implement;

/// <summary>An issue or a goal becomes a pull request: the life of a task as it is.</summary>
public sealed class ImplementFlow : Flow
{
    /// <inheritdoc/>
    public override TaskKind Kind => TaskKind.Implement;
}
