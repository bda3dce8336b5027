using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodingAgent.Workflows.Tasks;

/// <summary>What a task's job remembers; only the job knows what it means.</summary>
public sealed record FlowState
{
    /// <summary>The memory; null before there is any.</summary>
    [JsonInclude]
    public JsonElement? FlowMemory { get; private set; }

    /// <summary>Number of the last question that people were asked.</summary>
    [JsonInclude]
    public string FlowQuestion { get; private set; } = "";

    /// <summary>The memory as the job reads it.</summary>
    public T Read<T>()
        where T : class, new() => FlowMemory?.Deserialize<T>() ?? new T();

    /// <summary>Remembers.</summary>
    public void Keep<T>(T memory) => FlowMemory = JsonSerializer.SerializeToElement(memory);

    /// <summary>People are asked; empty for nothing.</summary>
    public void Asks(string key) => FlowQuestion = key;
}
