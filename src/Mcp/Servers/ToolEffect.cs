namespace CodingAgent.Mcp.Servers;

/// <summary>What a tool does to the world; becomes its annotations, which drive concurrency and retries.</summary>
internal enum ToolEffect
{
    /// <summary>Changes nothing.</summary>
    Reads,

    /// <summary>Changes the workspace; the same call twice is the same as once.</summary>
    Writes,

    /// <summary>Changes the workspace; a second call may do something else.</summary>
    Acts,
}
