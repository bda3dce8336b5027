using System.Text;

namespace CodingAgent.BotHost.Tests.Dispatch;

/// <summary>Bodies as GitHub writes them, reduced to what is read.</summary>
internal static class Deliveries
{
    private const string Tail = "\"repository\":{\"id\":1,\"full_name\":\"octo/hello\"},\"sender\":{\"login\":\"mona\",\"id\":1,\"type\":\"User\"}}";

    public static byte[] Labeled(int issue, string label = "agent:implement") =>
        Bytes($$"""{"action":"labeled","issue":{"number":{{issue}}},"label":{"name":"{{label}}"},{{Tail}}""");

    public static byte[] Commented(int number, string body, bool isPull = false) => Bytes(
        $$"""{"action":"created","issue":{"number":{{number}}{{(isPull ? ",\"pull_request\":{}" : "")}}},"comment":{"id":99,"body":"{{body}}","created_at":"2026-11-22T10:00:00Z"},{{Tail}}""");

    public static byte[] Edited(int number) =>
        Bytes($$"""{"action":"edited","issue":{"number":{{number}}},"comment":{"id":99,"body":"/agent stop","created_at":"2026-11-22T10:00:00Z"},{{Tail}}""");

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
