using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CodingAgent.Bench;

/// <summary>
/// An edited issue of 12 KB as GitHub would deliver it, signed; each time with its own delivery id, and with an id of its own in the body, which
/// would be a repeat otherwise. Written to the socket as it is, so that what sends it takes as little as possible from the cores that it
/// shares with what receives it.
/// </summary>
internal sealed class Delivery
{
    public const string Secret = "a secret of the benchmark";
    private const int IdLength = 36;
    private const string SignaturePrefix = "X-Hub-Signature-256: sha256=";
    private static readonly byte[] Key = Encoding.UTF8.GetBytes(Secret);
    private static readonly byte[] Body = MakeBody();
    private static readonly int OwnAt = Body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Guid.Empty.ToString()));

    private readonly byte[] _request;
    private readonly int _bodyAt;
    private readonly int _idAt;
    private readonly int _signatureAt;

    public Delivery(Uri endpoint, string eventName)
    {
        var head = Encoding.ASCII.GetBytes(
            $"POST {endpoint.AbsolutePath} HTTP/1.1\r\nHost: {endpoint.Authority}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n"
            + $"User-Agent: GitHub-Hookshot/bench\r\nX-GitHub-Event: {eventName}\r\n{SignaturePrefix}{new string('0', 2 * HMACSHA256.HashSizeInBytes)}\r\nX-GitHub-Delivery: {Guid.Empty}\r\n\r\n");
        _request = [.. head, .. Body];
        _bodyAt = head.Length;
        _idAt = head.Length - 4 - IdLength;
        _signatureAt = head.AsSpan().IndexOf(Encoding.ASCII.GetBytes(SignaturePrefix)) + SignaturePrefix.Length;
    }

    public static int Size => Body.Length;

    /// <summary>Sends one and reads its answer.</summary>
    /// <exception cref="InvalidOperationException">It was not taken.</exception>
    /// <exception cref="SocketException">Nobody is there (any more).</exception>
    public async Task SendAsync(Socket socket, byte[] buffer)
    {
        var id = Guid.NewGuid().ToString();
        Encoding.ASCII.GetBytes(id, _request.AsSpan(_idAt));
        Encoding.ASCII.GetBytes(id, _request.AsSpan(_bodyAt + OwnAt));
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(Key, _request.AsSpan(_bodyAt))), _request.AsSpan(_signatureAt));
        for (var sent = 0; sent < _request.Length;)
            sent += await socket.SendAsync(_request.AsMemory(sent));
        var length = 0;
        int end;
        do
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length));
            length += read > 0 ? read : throw new SocketException((int)SocketError.ConnectionReset);
            end = EndOf(buffer.AsSpan(0, length));
        }
        while (end < 0);
        var status = Encoding.ASCII.GetString(buffer, "HTTP/1.1 ".Length, 3);
        if (status is not ("200" or "202"))
            throw new InvalidOperationException($"A delivery was answered with {status}: {Encoding.UTF8.GetString(buffer, 0, length).ReplaceLineEndings(" ")}");
    }

    // Where the answer ends; negative while it is not whole.
    private static int EndOf(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return -1;
        var text = Encoding.ASCII.GetString(answer[..head]);
        var at = text.IndexOf("\r\ncontent-length:", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return answer.EndsWith("0\r\n\r\n"u8) ? answer.Length : -1;
        var value = text[(at + "\r\ncontent-length:".Length)..].Split('\r')[0];
        var end = head + 4 + int.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
        return answer.Length >= end ? end : -1;
    }

    // Words, as people write them, from a seed; nothing that a task would start of, so that only receiving is measured.
    private static byte[] MakeBody()
    {
        var random = new Random(12);
        var words = Enumerable.Range(0, 1960).Select(_ => new string([.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => (char)random.Next('a', 'z' + 1))]));
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            action = "edited",
            issue = new
            {
                number = 12,
                title = "Add retries to payment client",
                state = "open",
                user = new { login = "mona", id = 1, type = "User" },
                labels = new[] { new { id = 1, name = "bug" } },
                body = string.Join(' ', words),
                node_id = Guid.Empty,
            },
            repository = new { id = 7, full_name = "octo/hello", default_branch = "main", clone_url = "https://forge.test/octo/hello.git" },
            sender = new { login = "mona", id = 1, type = "User" },
        });
    }
}
