using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CodingAgent.Eval.Registries;

/// <summary>A cargo registry with one crate: a sparse index, as https://doc.rust-lang.org/cargo/reference/registry-index.html has it.</summary>
internal static class CargoRegistry
{
    /// <summary>The crate.</summary>
    public const string Name = "acme-text";

    private const string Version = "1.0.2";

    private static readonly (string Path, string Text)[] Sources =
    [
        ("Cargo.toml", $"""
            [package]
            name = "{Name}"
            version = "{Version}"
            edition = "2021"
            description = "Small things with text"
            license = "MIT"

            """),
        ("src/lib.rs", """
            //! Small things with text.

            /// Words with one blank between them.
            pub fn squeeze(text: &str) -> String {
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            }

            """),
    ];

    /// <summary>The crate's archive; the same bytes in each run.</summary>
    public static byte[] Crate()
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar))
        {
            foreach (var (path, text) in Sources)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{Name}-{Version}/{path}")
                {
                    ModificationTime = DateTimeOffset.UnixEpoch,
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                });
            }
        }

        return bytes.ToArray();
    }

    /// <summary>What a lock file says of it.</summary>
    public static string Checksum(byte[] crate) => Convert.ToHexStringLower(SHA256.HashData(crate));

    /// <summary>Everything served, by path.</summary>
    public static IEnumerable<KeyValuePair<string, byte[]>> Files(string root, byte[] crate)
    {
        // The template's markers are cargo's.
        yield return new("/cargo/config.json", Encoding.UTF8.GetBytes($$"""{"dl":"{{root}}/crates/{crate}/{version}.crate"}"""));
        yield return new($"/cargo/crates/{Name}/{Version}.crate", crate);
        var line = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["name"] = Name,
            ["vers"] = Version,
            ["deps"] = Array.Empty<object>(),
            ["cksum"] = Checksum(crate),
            ["features"] = new Dictionary<string, object>(),
            ["yanked"] = false,
        });
        yield return new($"/cargo/{Name[..2]}/{Name[2..4]}/{Name}", Encoding.UTF8.GetBytes(line + "\n"));
    }
}
