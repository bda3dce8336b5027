using System.Text;
using Google.Protobuf;
using TemporalServer.Machine;

namespace TemporalServer.Engine;

/// <summary>Checks of what a caller sent, with the real server's words.</summary>
internal static class Require
{
    /// <summary>A name may be absent, but not longer than the limit.</summary>
    public static void Length(string field, string? value)
    {
        if (value is not null && Encoding.UTF8.GetByteCount(value) > Limits.IdLength)
        {
            throw Errors.Invalid($"{field} length exceeds limit.");
        }
    }

    /// <summary>A payload list or the like.</summary>
    public static void Blob(IMessage? blob)
    {
        if (blob?.CalculateSize() > Limits.BlobBytes)
        {
            throw Errors.Invalid("Blob data size exceeds limit.");
        }
    }

    /// <summary>A memo.</summary>
    public static void MemoSize(Memo? memo)
    {
        if (memo?.CalculateSize() > Limits.BlobBytes)
        {
            throw Errors.Invalid("Memo size exceeds limit.");
        }
    }
}
