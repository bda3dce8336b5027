namespace CodingAgent.Peers.Dotnet;

/// <summary>Where the other language works.</summary>
internal static class TypeScript
{
    /// <summary>The task queue of the TypeScript worker; set once, before this worker runs.</summary>
    public static string Queue { get; set; } = string.Empty;
}
