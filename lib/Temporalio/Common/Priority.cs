namespace Temporalio.Common;

/// <summary>Order in which waiting tasks of one queue are handed out.</summary>
public sealed record Priority
{
    /// <summary>Creates a priority.</summary>
    /// <param name="priorityKey">Lower runs earlier; null for the server's default.</param>
    /// <param name="fairnessKey">Key among which the queue shares fairly.</param>
    /// <param name="fairnessWeight">Weight of that key.</param>
    public Priority(int? priorityKey = null, string? fairnessKey = null, float? fairnessWeight = null)
    {
        PriorityKey = priorityKey;
        FairnessKey = fairnessKey;
        FairnessWeight = fairnessWeight;
    }

    /// <summary>The server's default.</summary>
    public static Priority Default { get; } = new();

    /// <summary>Lower runs earlier; null for the server's default.</summary>
    public int? PriorityKey { get; init; }

    /// <summary>Key among which the queue shares fairly.</summary>
    public string? FairnessKey { get; init; }

    /// <summary>Weight of that key.</summary>
    public float? FairnessWeight { get; init; }
}
