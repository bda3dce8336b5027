using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Storage;

/// <summary>
/// Encrypts payloads at rest with AES-256-GCM. Each payload is bound to its place (a context string), so that it cannot be moved to
/// another row. Layout: version 1 (1 byte), fingerprint of the key (4), nonce (12), tag (16), ciphertext.
/// </summary>
public sealed class PayloadCipher
{
    /// <summary>Length of the key in bytes.</summary>
    public const int KeySize = 32;

    private const byte Version = 1;
    private const int FingerprintSize = 4;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int HeaderSize = 1 + FingerprintSize + NonceSize + TagSize;

    private readonly byte[] _key;
    private readonly byte[] _fingerprint;

    /// <summary>Takes the key.</summary>
    /// <exception cref="StorageException">The key is not 32 bytes.</exception>
    public PayloadCipher(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize)
            throw new StorageException($"The storage key has {key.Length} bytes; it needs {KeySize} (for instance from 'openssl rand -hex {KeySize}').");
        _key = key.ToArray();
        // Tells keys apart without telling them: derived for this use alone.
        _fingerprint = HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, FingerprintSize, info: "key fingerprint"u8.ToArray());
    }

    /// <summary>Encrypts text for a place.</summary>
    public byte[] Seal(string text, string context)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var sealedBytes = new byte[HeaderSize + plain.Length];
        sealedBytes[0] = Version;
        _fingerprint.CopyTo(sealedBytes.AsSpan(1));
        var nonce = sealedBytes.AsSpan(1 + FingerprintSize, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagSize);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(HeaderSize), sealedBytes.AsSpan(HeaderSize - TagSize, TagSize), Encoding.UTF8.GetBytes(context));
        return sealedBytes;
    }

    /// <summary>Decrypts what <see cref="Seal"/> made for the same place.</summary>
    /// <exception cref="StorageException">Another key, another place, or changed bytes.</exception>
    public string Open(ReadOnlySpan<byte> sealedBytes, string context)
    {
        if (sealedBytes.Length < HeaderSize || sealedBytes[0] != Version)
            throw new StorageException($"{context} is not an encrypted payload of a known version: the database was changed by something else.");
        if (!sealedBytes.Slice(1, FingerprintSize).SequenceEqual(_fingerprint))
            throw new StorageException($"{context} was written with another storage key: configure the key this database was made with.");
        var plain = new byte[sealedBytes.Length - HeaderSize];
        try
        {
            using var aes = new AesGcm(_key, TagSize);
            aes.Decrypt(
                sealedBytes.Slice(1 + FingerprintSize, NonceSize), sealedBytes[HeaderSize..], sealedBytes.Slice(HeaderSize - TagSize, TagSize),
                plain, Encoding.UTF8.GetBytes(context));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new StorageException($"{context} was changed after it was written: restore a backup of the database.", e);
        }

        return Encoding.UTF8.GetString(plain);
    }
}
