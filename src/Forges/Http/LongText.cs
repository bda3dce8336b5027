using System.Text;

namespace CodingAgent.Forges.Http;

/// <summary>Logs may be gigabytes: their beginning and their end are kept.</summary>
internal static class LongText
{
    /// <summary>Bytes kept of the beginning.</summary>
    public const int Beginning = 64 * 1024;

    /// <summary>Bytes kept of the end.</summary>
    public const int End = 1024 * 1024;

    private const long MostRead = 64L * 1024 * 1024;
    private const string Gap = "\n…\n";

    /// <summary>Beginning and end of a text that came whole.</summary>
    public static string Cut(string text) => text.Length <= Beginning + End ? text : text[..Beginning] + Gap + text[^End..];

    /// <summary>Beginning and end of a stream.</summary>
    /// <param name="body">The stream.</param>
    /// <param name="fromEnd">Opens the end of it by itself, where that is possible; gives null where it is not.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<string> ReadAsync(Stream body, Func<Task<Stream?>>? fromEnd, CancellationToken cancellationToken)
    {
        var beginning = new byte[Beginning];
        var begun = await body.ReadAtLeastAsync(beginning, Beginning, throwOnEndOfStream: false, cancellationToken);
        if (begun < Beginning)
            return Encoding.UTF8.GetString(beginning, 0, begun);
        if (fromEnd is not null && await fromEnd() is { } rest)
        {
            await using (rest)
                return Join(beginning, await LastAsync(rest, cancellationToken), isWhole: false);
        }

        var end = await LastAsync(body, cancellationToken);
        return Join(beginning, end, isWhole: end.Read <= End);
    }

    private static string Join(byte[] beginning, (byte[] Bytes, long Read) end, bool isWhole) =>
        Encoding.UTF8.GetString(beginning) + (isWhole ? "" : Gap) + Encoding.UTF8.GetString(end.Bytes);

    /// <summary>The last bytes of a stream, and how many it had as far as it was read.</summary>
    private static async Task<(byte[] Bytes, long Read)> LastAsync(Stream stream, CancellationToken cancellationToken)
    {
        var ring = new byte[End];
        long read = 0;
        while (read < MostRead)
        {
            var at = (int)(read % End);
            var count = await stream.ReadAsync(ring.AsMemory(at), cancellationToken);
            if (count == 0)
                break;
            read += count;
        }

        if (read <= End)
            return (ring[..(int)read], read);
        var cut = (int)(read % End);
        return ([.. ring[cut..], .. ring[..cut]], read);
    }
}
