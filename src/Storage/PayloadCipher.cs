using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Storage;

/// <summary>
/// Seals what is kept (AES-256-GCM). Each value is bound to its place (a context string), so that it cannot be moved to another one, and
/// names the key that sealed it. The first key seals; all of them open. Layout: version 1 (1 byte), id of the key (4), nonce (12), tag (16),
/// ciphertext.
/// </summary>
public sealed class PayloadCipher
{
    /// <summary>Length of a key in bytes.</summary>
    public const int KeySize = 32;

    /// <summary>Bytes that sealing adds.</summary>
    public const int Overhead = 1 + IdSize + NonceSize + TagSize;

    private const byte Version = 1;
    private const int IdSize = 4;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly Key[] _keys;

    /// <summary>Takes the one key.</summary>
    /// <exception cref="StorageException">The key is not 32 bytes.</exception>
    public PayloadCipher(ReadOnlySpan<byte> key)
        : this([key.ToArray()])
    {
    }

    /// <summary>Takes the keys, the one that seals first.</summary>
    /// <exception cref="StorageException">There is none, or one is not 32 bytes.</exception>
    public PayloadCipher(IReadOnlyList<byte[]> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Count == 0)
            throw new StorageException("There is no storage key; configure one (for instance from 'openssl rand -hex 32').");
        if (keys.FirstOrDefault(k => k.Length != KeySize) is { } odd)
            throw new StorageException($"The storage key has {odd.Length} bytes; it needs {KeySize} (for instance from 'openssl rand -hex {KeySize}').");
        _keys = [.. keys.Select(k => new Key(k))];
    }

    /// <summary>Id of the key that seals: eight hex digits, derived from it for this use alone.</summary>
    public string WritingKeyId => _keys[0].Text;

    /// <summary>Ids of all keys, the one that seals first.</summary>
    public IReadOnlyList<string> KeyIds => [.. _keys.Select(k => k.Text)];

    /// <summary>The id of the key that sealed a value, as its layout says; null when it is too short for one.</summary>
    public static string? KeyIdOf(ReadOnlySpan<byte> sealedBytes) =>
        sealedBytes.Length < Overhead ? null : Convert.ToHexStringLower(sealedBytes.Slice(1, IdSize));

    /// <summary>Seals bytes for a place.</summary>
    public byte[] Seal(ReadOnlySpan<byte> plain, string context)
    {
        var key = _keys[0];
        var sealedBytes = new byte[Overhead + plain.Length];
        sealedBytes[0] = Version;
        key.Id.CopyTo(sealedBytes.AsSpan(1));
        var nonce = sealedBytes.AsSpan(1 + IdSize, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key.Secret, TagSize);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(Overhead), sealedBytes.AsSpan(Overhead - TagSize, TagSize), Encoding.UTF8.GetBytes(context));
        return sealedBytes;
    }

    /// <summary>Seals text for a place.</summary>
    public byte[] Seal(string text, string context) => Seal(Encoding.UTF8.GetBytes(text), context);

    /// <summary>Opens what <see cref="Seal(ReadOnlySpan{byte}, string)"/> made for the same place.</summary>
    /// <exception cref="MissingKeyException">A key that is not configured sealed it.</exception>
    /// <exception cref="StorageException">Another place, or changed bytes.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedBytes, string context)
    {
        if (sealedBytes.Length < Overhead || sealedBytes[0] != Version)
            throw new StorageException($"{context} is not a sealed value of a known version: it was changed by something else.");
        var id = sealedBytes.Slice(1, IdSize);
        foreach (var key in _keys)
        {
            if (!id.SequenceEqual(key.Id))
                continue;
            var plain = new byte[sealedBytes.Length - Overhead];
            try
            {
                using var aes = new AesGcm(key.Secret, TagSize);
                aes.Decrypt(
                    sealedBytes.Slice(1 + IdSize, NonceSize), sealedBytes[Overhead..], sealedBytes.Slice(Overhead - TagSize, TagSize),
                    plain, Encoding.UTF8.GetBytes(context));
                return plain;
            }
            catch (AuthenticationTagMismatchException e)
            {
                throw new StorageException($"{context} was changed after it was written: restore a backup.", e);
            }
        }

        throw new MissingKeyException($"{context} was sealed with another storage key ({Convert.ToHexStringLower(id)}): configure that key as well; an older key may stand behind the one that writes.");
    }

    /// <summary>Opens sealed text.</summary>
    /// <exception cref="StorageException">As with <see cref="Open"/>.</exception>
    public string OpenText(ReadOnlySpan<byte> sealedBytes, string context) => Encoding.UTF8.GetString(Open(sealedBytes, context));

    /// <summary>A name for content that only a holder of the key that seals can compute: 64 hex digits.</summary>
    public string NameOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(HMACSHA256.HashData(_keys[0].Naming, content));

    private sealed class Key(byte[] secret)
    {
        public byte[] Secret { get; } = [.. secret];

        public byte[] Id { get; } = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, IdSize, info: "key fingerprint"u8.ToArray());

        public byte[] Naming { get; } = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeySize, info: "content names"u8.ToArray());

        public string Text => Convert.ToHexStringLower(Id);
    }
}
