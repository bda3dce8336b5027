using CodingAgent.Workflows.CodingTask;

namespace CodingAgent.Workflows.Routing;

/// <summary>Labels people give orders with (product.md §2). Forges compare label names ignoring case.</summary>
public static class TriggerLabels
{
    /// <summary>Asks for an issue to be implemented.</summary>
    public const string Implement = "agent:implement";

    /// <summary>Asks for a pull request to be mended. On an issue it asks for what <see cref="Implement"/> asks for.</summary>
    public const string Fix = "agent:fix";

    /// <summary>True for a label whose removal by a person means "stop".</summary>
    public static bool StopsWhenRemoved(string label) => Is(label, Implement) || Is(label, Fix) || Is(label, TaskLabels.Working);

    /// <summary>Compares as forges do.</summary>
    public static bool Is(string label, string known) => string.Equals(label, known, StringComparison.OrdinalIgnoreCase);
}
