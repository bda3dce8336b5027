using System.Buffers;

namespace CodingAgent.Mcp.Processes;

/// <summary>Keeps the first and the last bytes of a stream of any length in bounded memory.</summary>
internal sealed class HeadTailBuffer
{
    private readonly int _headCapacity;
    private readonly int _tailCapacity;
    private readonly ArrayBufferWriter<byte> _head = new();
    private byte[] _tail = [];
    private int _tailStart;
    private int _tailLength;

    /// <summary>A buffer for at most <paramref name="capacity"/> bytes, half from the start and half from the end.</summary>
    public HeadTailBuffer(int capacity)
    {
        _headCapacity = capacity / 2;
        _tailCapacity = capacity - _headCapacity;
    }

    /// <summary>Bytes written, kept or not.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Bytes that were dropped between head and tail.</summary>
    public long CutBytes => TotalBytes - _head.WrittenCount - _tailLength;

    /// <summary>Adds bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        TotalBytes += bytes.Length;
        var toHead = Math.Min(bytes.Length, _headCapacity - _head.WrittenCount);
        _head.Write(bytes[..toHead]);
        WriteTail(bytes[toHead..]);
    }

    /// <summary>What is kept, head then tail.</summary>
    public byte[] ToArray()
    {
        var all = new byte[_head.WrittenCount + _tailLength];
        _head.WrittenSpan.CopyTo(all);
        CopyTail(all.AsSpan(_head.WrittenCount));
        return all;
    }

    /// <summary>What is kept as text, with a line between head and tail saying how many bytes were cut.</summary>
    public string ToText()
    {
        var tail = new byte[_tailLength];
        CopyTail(tail);
        return CutBytes == 0
            ? System.Text.Encoding.UTF8.GetString(ToArray())
            : System.Text.Encoding.UTF8.GetString(_head.WrittenSpan) + $"\n[... {CutBytes} bytes cut ...]\n" + System.Text.Encoding.UTF8.GetString(tail);
    }

    private void WriteTail(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0 || _tailCapacity == 0) return;
        if (bytes.Length > _tailCapacity) bytes = bytes[^_tailCapacity..];
        Grow(_tailLength + bytes.Length);
        var overflow = Math.Max(0, _tailLength + bytes.Length - _tailCapacity);
        _tailStart = _tail.Length == 0 ? 0 : (_tailStart + overflow) % _tail.Length;
        _tailLength -= overflow;
        var at = (_tailStart + _tailLength) % _tail.Length;
        var first = Math.Min(bytes.Length, _tail.Length - at);
        bytes[..first].CopyTo(_tail.AsSpan(at));
        bytes[first..].CopyTo(_tail);
        _tailLength += bytes.Length;
    }

    private void Grow(int wanted)
    {
        if (wanted <= _tail.Length || _tail.Length == _tailCapacity) return;
        var bigger = new byte[(int)Math.Min(_tailCapacity, Math.Max(wanted, Math.Max(4096, _tail.Length * 2L)))];
        CopyTail(bigger);
        _tail = bigger;
        _tailStart = 0;
    }

    private void CopyTail(Span<byte> target)
    {
        if (_tailLength == 0) return;
        var first = Math.Min(_tailLength, _tail.Length - _tailStart);
        _tail.AsSpan(_tailStart, first).CopyTo(target);
        _tail.AsSpan(0, _tailLength - first).CopyTo(target[first..]);
    }
}
