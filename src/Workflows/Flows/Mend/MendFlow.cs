using CodingAgent.Workflows.Phases;

namespace CodingAgent.Workflows.Flows.Mend;

/// <summary>A person's pull request is mended on its own branch, without a plan.</summary>
public sealed class MendFlow : Flow
{
    /// <inheritdoc/>
    public override TaskKind Kind => TaskKind.Fix;
}
