using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>The vectors of one content, each of some of its lines, all of length one: what is alike is a product.</summary>
/// <param name="Lines">First and last line of each, from 1.</param>
/// <param name="Vectors">Their numbers, one vector after the other.</param>
internal sealed record Meanings(LineRange[] Lines, float[] Vectors)
{
    /// <summary>Nothing to be found by meaning.</summary>
    public static Meanings None { get; } = new([], []);

    /// <summary>Of vectors as a model gave them.</summary>
    /// <param name="parts">Lines, and the vector of each.</param>
    public static Meanings Of(IReadOnlyList<(LineRange Lines, ReadOnlyMemory<float> Vector)> parts) =>
        new([.. parts.Select(p => p.Lines)], [.. parts.SelectMany(p => OfLengthOne(p.Vector.Span))]);

    /// <summary>A vector of the same direction and of length one.</summary>
    public static float[] OfLengthOne(ReadOnlySpan<float> vector)
    {
        var one = new float[vector.Length];
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm(vector), one);
        return one;
    }

    /// <summary>The lines that are most like a vector of length one, and how much, from -1 to 1; null where there are none.</summary>
    public (LineRange Lines, float Likeness)? Best(ReadOnlySpan<float> question)
    {
        (LineRange, float)? best = null;
        for (var i = 0; i < Lines.Length; i++)
        {
            var likeness = TensorPrimitives.Dot(question, Vectors.AsSpan(i * question.Length, question.Length));
            if (best is not (_, var most) || likeness > most) best = (Lines[i], likeness);
        }

        return best;
    }

    /// <summary>As bytes, in this machine's order: the index goes with it.</summary>
    public (byte[] Lines, byte[] Vectors) Pack() => (MemoryMarshal.AsBytes(Lines.AsSpan()).ToArray(), MemoryMarshal.AsBytes(Vectors.AsSpan()).ToArray());

    /// <summary>Of bytes.</summary>
    public static Meanings Unpack(byte[] lines, byte[] vectors) => new(MemoryMarshal.Cast<byte, LineRange>(lines).ToArray(), MemoryMarshal.Cast<byte, float>(vectors).ToArray());
}

/// <summary>Lines of a file.</summary>
/// <param name="First">From 1.</param>
/// <param name="Last">The last of them.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LineRange(int First, int Last);
