using System.Text;
using System.Text.Json.Nodes;

namespace CodingAgent.BotHost.Tests.Web;

/// <summary>One thing that is wrong with a body. Place and choice are taken modulo what there is.</summary>
/// <param name="Kind">What.</param>
/// <param name="Place">Which member, or how far into the bytes.</param>
/// <param name="Choice">Which of the values.</param>
public sealed record Mutation(Mutation.Of Kind, int Place, int Choice)
{
    private static readonly string[] Values =
    [
        "null", "[]", "{}", "[null]", "\"\"", "true", "0", "-1", "1.5", "-0.0", "1e99", "1e-400", "01", "+1", "0x10", "2147483648", "9223372036854775808", new('9', 400),
        "NaN", "-Infinity", "\"NaN\"", "\"12\"", "'x'", "/* */ 1", "undefined", "{\"a\":}", "[1,]",
        "\"\\ud800\"", "\"\\udfff\\ud800\"", "\"\\u0000\"", "\"a\\", "\"\u202e/agent implement\u2066\"", "\"\u200b/agent\u00a0implement\ufeff\"", "\"/agent implement\"", "\"/agent stop\\n/agent stop\"",
        "\"mona\"", "\"tri\"", "\"coding-agent-bot\"", "\"x[bot]\"", "\"octo/other\"", "\"../..\"", "\"octo/hello/../other\"", "\"OCTO/HELLO\"", "\"agent:implement\"", "\"deleted\"", "\"edited\"", "\"created\"",
        "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59.9999999-14:00\"", "\"2026-02-30T00:00:00Z\"",
        $"\"{new string('a', 20_000)}\"", $"\"{string.Concat(Enumerable.Repeat("\\u202e", 3_000))}\"", $"\"{string.Concat(Enumerable.Repeat("/agent stop\\n", 1_000))}\"",
        Nested("[", "]", 70), Nested("{\"a\":", "}", 70, "1"), Nested("[", "]", 20_000), Nested("[", "", 20_000), $"[{string.Join(',', Enumerable.Repeat("{}", 2_000))}]",
    ];

    private static readonly byte[][] Bytes = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF], [0x00], [0xF5, 0x80, 0x80, 0x80], [(byte)'"'], [(byte)'}'], [(byte)'\n']];

    public enum Of
    {
        Drop,
        Duplicate,
        DuplicateWithAnother,
        Rename,
        Replace,
        Move,
        Truncate,
        Concatenate,
        InsertBytes,
        OverwriteBytes,
    }

    /// <summary>The body with all of it.</summary>
    public static byte[] Apply(string body, IReadOnlyList<Mutation> mutations)
    {
        var tree = JsonTree.Of(JsonNode.Parse(body));
        foreach (var mutation in mutations)
            mutation.Apply(tree);
        var bytes = Encoding.UTF8.GetBytes(tree.ToString());
        foreach (var mutation in mutations)
            bytes = mutation.Apply(bytes);
        return bytes;
    }

    private void Apply(JsonTree tree)
    {
        var places = tree.Places().ToList();
        if (places.Count == 0)
            return;
        var (of, at) = places[Place % places.Count];
        var value = Values[Choice % Values.Length];
        switch (Kind)
        {
            case Of.Drop:
                of.Drop(at);
                break;
            case Of.Duplicate:
                of.Duplicate(at, null);
                break;
            case Of.DuplicateWithAnother:
                of.Duplicate(at, value);
                break;
            case Of.Rename:
                of.Rename(at, name => name.Length < 3 ? name + name : (Choice % 5) switch
                {
                    0 => name.ToUpperInvariant(),
                    1 => "\"\"",
                    2 => $"\"\\u00{(int)name[1]:x2}{name[2..]}",
                    3 => name[1..^1],
                    _ => "\"\\ud800\"",
                });
                break;
            case Of.Replace:
                of.Replace(at, value);
                break;
            case Of.Move:
                var (to, toAt) = places[Choice % places.Count];
                of.Move(at, to, toAt);
                break;
        }
    }

    private byte[] Apply(byte[] body)
    {
        var at = body.Length == 0 ? 0 : Place * 7919 % body.Length;
        var bytes = Bytes[Choice % Bytes.Length];
        return Kind switch
        {
            Of.Truncate => body[..at],
            Of.Concatenate => [.. body, .. (Choice % 3) switch { 0 => body, 1 => body[..at], _ => bytes }],
            Of.InsertBytes => [.. body[..at], .. bytes, .. body[at..]],
            Of.OverwriteBytes => [.. body[..at], .. bytes, .. body[Math.Min(body.Length, at + bytes.Length)..]],
            _ => body,
        };
    }

    private static string Nested(string open, string close, int depth, string inner = "") =>
        string.Concat(Enumerable.Repeat(open, depth)) + inner + string.Concat(Enumerable.Repeat(close, depth));
}
