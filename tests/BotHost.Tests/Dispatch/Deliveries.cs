using System.Text;
using System.Text.Json;

namespace CodingAgent.BotHost.Tests.Dispatch;

/// <summary>Bodies as GitHub writes them, reduced to what is read. Two events have two bodies, so each call makes another.</summary>
internal static class Deliveries
{
    private static long _last = 1000;

    private static string Tail => $"\"repository\":{{\"id\":1,\"full_name\":\"octo/hello\"}},\"sender\":{{\"login\":\"mona\",\"id\":1,\"type\":\"User\"}},\"n\":{NextId()}}}";

    /// <summary>Of a comment that is written now.</summary>
    public static long NextId() => Interlocked.Increment(ref _last);

    public static byte[] Labeled(int issue, string label = "agent:implement") =>
        Bytes($$"""{"action":"labeled","issue":{"number":{{issue}}},"label":{"name":"{{label}}"},{{Tail}}""");

    public static byte[] Commented(int number, string body, bool isPull = false, long id = 99) => Bytes(
        $$"""{"action":"created","issue":{"number":{{number}}{{(isPull ? ",\"pull_request\":{}" : "")}}},"comment":{"id":{{id}},"body":{{JsonSerializer.Serialize(body)}},"created_at":"2026-11-22T10:00:00Z"},{{Tail}}""");

    /// <summary>Something that means nothing here.</summary>
    public static byte[] Deleted(int number) =>
        Bytes($$"""{"action":"deleted","issue":{"number":{{number}}},"comment":{"id":99,"body":"/agent stop","created_at":"2026-11-22T10:00:00Z"},{{Tail}}""");

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
