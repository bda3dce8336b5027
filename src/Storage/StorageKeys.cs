using System.Security.Cryptography;

namespace CodingAgent.Storage;

/// <summary>The text of storage keys, wherever it comes from: one key a line (or between commas), 64 hex digits each, the one that seals first.</summary>
public static class StorageKeys
{
    private const int Most = 32;

    /// <summary>Reads keys; blank lines, and what follows a <c>#</c>, are passed over.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="StorageException">A line is no key, or there is none; nothing of the text is shown.</exception>
    public static IReadOnlyList<byte[]> Parse(string text, string source)
    {
        ArgumentNullException.ThrowIfNull(text);
        var keys = new List<byte[]>();
        var number = 0;
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            foreach (var key in line.Split('#', 2)[0].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                Add(key);
        }

        return keys.Count is > 0 and <= Most ? keys
            : throw new StorageException($"{source} holds {keys.Count} keys; it needs between 1 and {Most}, each of {2 * PayloadCipher.KeySize} hex digits on a line of its own.");

        void Add(string key)
        {
            if (key.Length != 2 * PayloadCipher.KeySize || !key.All(char.IsAsciiHexDigit))
                throw new StorageException($"{source} does not hold {2 * PayloadCipher.KeySize} hex digits in line {number}: restore it from a backup; what was sealed or signed needs its keys.");
            var bytes = Convert.FromHexString(key);
            if (!keys.Any(k => CryptographicOperations.FixedTimeEquals(k, bytes)))
                keys.Add(bytes);
        }
    }
}
