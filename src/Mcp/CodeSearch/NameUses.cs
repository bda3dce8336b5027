using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>Which names a text says, and how often, in ten bytes each: a map of a large tree is made of these alone, without the texts.</summary>
/// <param name="Packed">Hash and count, one after the other.</param>
internal readonly record struct NameUses(byte[] Packed)
{
    /// <summary>What is shorter is said everywhere and tells nothing.</summary>
    public const int ShortestName = 4;

    private const int HashSize = sizeof(ulong);
    private const int EntrySize = HashSize + sizeof(ushort);

    /// <summary>Counts the names of a text.</summary>
    public static byte[] Pack(string text)
    {
        var counts = new Dictionary<ulong, int>();
        foreach (var name in IdentifierWords.Identifiers(text))
        {
            if (name.Length >= ShortestName) CollectionsMarshal.GetValueRefOrAddDefault(counts, HashOf(name), out _)++;
        }

        var packed = new byte[counts.Count * EntrySize];
        var at = 0;
        foreach (var (hash, count) in counts)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(packed.AsSpan(at), hash);
            BinaryPrimitives.WriteUInt16LittleEndian(packed.AsSpan(at + HashSize), (ushort)Math.Min(count, ushort.MaxValue));
            at += EntrySize;
        }

        return packed;
    }

    /// <summary>
    /// A name's hash (FNV-1a, 64 bits): the same in every process. Whoever makes two names meet moves a file of their own repository in its map, no more.
    /// </summary>
    public static ulong HashOf(string name)
    {
        var hash = 14695981039346656037;
        foreach (var c in name) hash = (hash ^ c) * 1099511628211;
        return hash;
    }

    /// <summary>The names' hashes and counts.</summary>
    public IEnumerable<(ulong Hash, int Count)> All()
    {
        for (var at = 0; at + EntrySize <= Packed.Length; at += EntrySize)
            yield return (BinaryPrimitives.ReadUInt64LittleEndian(Packed.AsSpan(at)), BinaryPrimitives.ReadUInt16LittleEndian(Packed.AsSpan(at + HashSize)));
    }
}
