using System.Buffers;

namespace CodingAgent.BotHost.Web;

/// <summary>
/// A request's body in a pooled buffer, which may be larger than it should be, or larger than it says. The buffer grows with what has come, not with what
/// was announced: a header alone must not cost megabytes. Dispose it when its bytes are no longer used.
/// </summary>
internal sealed class BoundedBody : IDisposable
{
    private const int FirstBytes = 16 * 1024;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _length;

    private BoundedBody()
    {
    }

    /// <summary>The bytes, until it is disposed.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>The whole body; null when it is larger than the limit.</summary>
    public static async Task<BoundedBody?> ReadAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
            return null;
        var body = new BoundedBody();
        try
        {
            if (await body.FillAsync(request, limit, cancellationToken))
                return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }

        body.Dispose();
        return null;
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private async Task<bool> FillAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            var fits = _length + read.Buffer.Length <= limit;
            if (fits)
                Append(read.Buffer);
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (!fits || read.IsCompleted)
                return fits;
        }
    }

    private void Append(ReadOnlySequence<byte> bytes)
    {
        var length = _length + (int)bytes.Length;
        if (length > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, 2 * _buffer.Length));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length = length;
    }
}
