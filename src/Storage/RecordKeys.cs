using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using NSec.Cryptography;

namespace CodingAgent.Storage;

/// <summary><see cref="IRecordKeys"/> with Ed25519 of libsodium.</summary>
public sealed class RecordKeys : IRecordKeys
{
    private static readonly SignatureAlgorithm Algorithm = SignatureAlgorithm.Ed25519;

    private readonly Dictionary<RecordRole, (Key Key, string Id)> _signers = [];
    private readonly Dictionary<(RecordRole Role, string Id), PublicKey> _trusted = [];

    /// <summary>Has this process believe what a role signs with one of these keys, and perhaps sign as that role itself.</summary>
    /// <param name="role">The role.</param>
    /// <param name="seeds">Private keys, 32 bytes each.</param>
    /// <param name="signs">Whether this process signs as the role, with the first of them.</param>
    public void Add(RecordRole role, IReadOnlyList<byte[]> seeds, bool signs)
    {
        foreach (var seed in seeds)
        {
            var key = Key.Import(Algorithm, seed, KeyBlobFormat.RawPrivateKey);
            var id = Trust(role, key.PublicKey);
            if (signs)
                _signers.TryAdd(role, (key, id));
        }
    }

    /// <summary>Has this process believe what a role signs with one of these keys.</summary>
    /// <param name="role">The role.</param>
    /// <param name="publicKeys">Public keys, 32 bytes each.</param>
    public void AddTrusted(RecordRole role, IReadOnlyList<byte[]> publicKeys)
    {
        foreach (var bytes in publicKeys)
            Trust(role, PublicKey.Import(Algorithm, bytes, KeyBlobFormat.RawPublicKey));
    }

    /// <summary>The public keys this process trusts, by role, as 64 hex digits each.</summary>
    public IEnumerable<(RecordRole Role, string Id, string PublicKey)> Trusted =>
        _trusted.Select(t => (t.Key.Role, t.Key.Id, Convert.ToHexStringLower(t.Value.Export(KeyBlobFormat.RawPublicKey))));

    /// <inheritdoc/>
    public SignedRecord Sign(RecordRole role, string kind, string payload)
    {
        var (key, id) = _signers.TryGetValue(role, out var signer) ? signer
            : throw new InvalidOperationException($"This process has no key to sign as {role} with; it was not started in that role.");
        return new SignedRecord(role, kind, id, payload, Convert.ToBase64String(Algorithm.Sign(key, Signed(role, kind, payload))));
    }

    /// <inheritdoc/>
    public bool IsGenuine(SignedRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        Span<byte> signature = stackalloc byte[Algorithm.SignatureSize];
        return record is { KeyId: not null, Kind: not null, Payload: not null, Signature: not null }
            && _trusted.TryGetValue((record.Role, record.KeyId), out var key)
            && Convert.TryFromBase64String(record.Signature, signature, out var length) && length == signature.Length
            && Algorithm.Verify(key, Signed(record.Role, record.Kind, record.Payload), signature);
    }

    private string Trust(RecordRole role, PublicKey key)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(key.Export(KeyBlobFormat.RawPublicKey)))[..16];
        _trusted[(role, id)] = key;
        return id;
    }

    // With its length, what belongs to the kind cannot be moved into the payload: no two statements give the same bytes.
    private static byte[] Signed(RecordRole role, string kind, string payload) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"coding-agent record 1\n{role}\n{kind.Length}\n{kind}\n{payload}"));
}
