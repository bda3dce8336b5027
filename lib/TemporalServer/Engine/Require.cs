using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
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

    /// <summary>True when a payload list, a failure or the like is larger than the limit.</summary>
    public static bool Exceeds(IMessage? blob) => blob?.CalculateSize() > Limits.BlobBytes;

    /// <summary>A duration may be absent or zero, both meaning none, but not negative.</summary>
    public static void NotNegative(string field, Duration? duration)
    {
        if (duration is { Seconds: < 0 } or { Nanos: < 0 })
        {
            throw Errors.Invalid($"{field} is negative.");
        }
    }

    /// <summary>A payload list or the like.</summary>
    public static void Blob(IMessage? blob)
    {
        if (Exceeds(blob))
        {
            throw Errors.Invalid("Blob data size exceeds limit.");
        }
    }

    /// <summary>Search attributes: their number, names and size.</summary>
    public static void SearchAttributes(SearchAttributes? attributes)
    {
        if ((SearchAttributeRules.Problem(attributes) ?? SearchAttributeRules.SizeProblem(attributes)) is { } problem)
        {
            throw Errors.Invalid(problem);
        }
    }

    /// <summary>A memo.</summary>
    public static void MemoSize(Memo? memo)
    {
        if (Exceeds(memo))
        {
            throw Errors.Invalid("Memo size exceeds limit.");
        }
    }
}
