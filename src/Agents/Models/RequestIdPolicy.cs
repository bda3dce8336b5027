using System.ClientModel.Primitives;

namespace CodingAgent.Agents.Models;

/// <summary>Sends our request id as <c>X-Client-Request-Id</c>, which OpenAI logs for support (its API reference, "Debugging requests").</summary>
internal sealed class RequestIdPolicy : PipelinePolicy
{
    private const int MaxLength = 512;
    private static readonly AsyncLocal<string?> Current = new();

    /// <summary>Sets the id for calls in this flow until disposed.</summary>
    public static IDisposable Use(string? id)
    {
        Current.Value = id is null ? null : new string([.. id.Take(MaxLength).Select(c => c is > ' ' and < '\x7f' ? c : '_')]);
        return new Reset();
    }

    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        Set(message);
        ProcessNext(message, pipeline, currentIndex);
    }

    public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        Set(message);
        return ProcessNextAsync(message, pipeline, currentIndex);
    }

    private static void Set(PipelineMessage message)
    {
        if (Current.Value is { Length: > 0 } id)
            message.Request.Headers.Set("X-Client-Request-Id", id);
    }

    private sealed class Reset : IDisposable
    {
        public void Dispose() => Current.Value = null;
    }
}
