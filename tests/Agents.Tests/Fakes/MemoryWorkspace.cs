using System.Text.Json;
using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Tools;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Tests.Fakes;

/// <summary>Files in memory with snapshots whose id is the content itself, and tools that show whether something ran twice.</summary>
internal sealed class MemoryWorkspace : IWorkspaceSnapshots
{
    public const string Empty = "{}";

    private SortedDictionary<string, string> _files = [];

    public Action<string>? OnCall { get; set; }

    public string Content => JsonSerializer.Serialize(_files);

    /// <summary>Says of a content why it cannot be taken; null for nothing.</summary>
    public Func<string, Exception?> Refuses { get; set; } = _ => null;

    public Task<string> TakeAsync(CancellationToken cancellationToken)
    {
        OnCall?.Invoke("snapshot");
        if (Refuses(Content) is { } why)
            throw why;
        return Task.FromResult(Content);
    }

    public Task RestoreAsync(string snapshot, CancellationToken cancellationToken)
    {
        _files = JsonSerializer.Deserialize<SortedDictionary<string, string>>(snapshot)!;
        return Task.CompletedTask;
    }

    /// <summary><c>append</c> is not idempotent on purpose; <c>read</c> only reads.</summary>
    public IReadOnlyList<AIFunction> Tools => [
        AIFunctionFactory.Create((string path, string text) =>
        {
            _files[path] = _files.GetValueOrDefault(path) + text;
            OnCall?.Invoke("append");
            return $"{path} is now {_files[path]}";
        }, "append", "Appends text."),
        Functions.ReadOnly((string path) => _files.GetValueOrDefault(path, "(none)"), "read"),
    ];
}

/// <summary>Functions with traits.</summary>
internal static class Functions
{
    public static AIFunction ReadOnly(Delegate body, string name) => With(body, name, ToolTraits.ReadOnlyKey);

    public static AIFunction With(Delegate body, string name, string key) => AIFunctionFactory.Create(body, new AIFunctionFactoryOptions
    {
        Name = name,
        Description = name,
        AdditionalProperties = new Dictionary<string, object?> { [key] = true },
    });
}
