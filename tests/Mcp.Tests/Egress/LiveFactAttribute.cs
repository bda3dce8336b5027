using System.Collections.Concurrent;
using System.Net.Sockets;

namespace CodingAgent.Mcp.Tests.Egress;

/// <summary>A test against a real registry; skipped, saying why, where it cannot be reached.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LiveFactAttribute : FactAttribute
{
    private static readonly ConcurrentDictionary<string, string?> Problems = new(StringComparer.Ordinal);

    public LiveFactAttribute(string host, string? program = null)
    {
        Skip = Problems.GetOrAdd(host, Problem);
        Skip ??= program is null ? null : new ProgramFactAttribute(program).Skip;
    }

    private static string? Problem(string host)
    {
        try
        {
            using var socket = new TcpClient();
            return socket.ConnectAsync(host, 443).Wait(TimeSpan.FromSeconds(5)) ? null : $"{host} does not answer.";
        }
        catch (AggregateException e) when (e.InnerException is SocketException inner)
        {
            return $"{host} cannot be reached: {inner.Message}.";
        }
    }
}
