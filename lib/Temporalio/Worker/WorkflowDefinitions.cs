using Temporalio.Workflows;

namespace Temporalio.Worker;

/// <summary>The workflows of a worker by name.</summary>
internal sealed class WorkflowDefinitions
{
    private readonly Dictionary<string, WorkflowDefinition> _byName = [];
    private readonly WorkflowDefinition? _dynamic;

    public WorkflowDefinitions(IEnumerable<WorkflowDefinition> definitions)
    {
        foreach (var definition in definitions)
        {
            if (!definition.Instantiable)
            {
                throw new ArgumentException($"{definition.Type} is abstract and cannot be run.", nameof(definitions));
            }

            if (definition.Name is null)
            {
                _dynamic = definition;
            }
            else if (!_byName.TryAdd(definition.Name, definition))
            {
                throw new ArgumentException($"There are two workflows with the name \"{definition.Name}\".", nameof(definitions));
            }
        }
    }

    public WorkflowDefinition Find(string name) => _byName.GetValueOrDefault(name) ?? _dynamic ?? throw new InvalidOperationException(
        $"Workflow type {name} is not registered on this worker, available workflow types: [{string.Join(", ", _byName.Keys.Order())}]");
}
