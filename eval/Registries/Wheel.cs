using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Eval.Registries;

/// <summary>A pure Python wheel, as https://packaging.python.org/en/latest/specifications/binary-distribution-format/ has it.</summary>
/// <param name="FileName">Name with version and tags.</param>
/// <param name="Bytes">The archive.</param>
internal sealed record Wheel(string FileName, byte[] Bytes)
{
    /// <summary>Builds one.</summary>
    /// <param name="name">Distribution's name.</param>
    /// <param name="version">Version.</param>
    /// <param name="requires">Requirements, one line each.</param>
    /// <param name="files">Modules by path; <c>entry_points.txt</c> goes to the metadata.</param>
    public static Wheel Build(string name, string version, IEnumerable<string> requires, IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        var stem = $"{name.Replace('-', '_')}-{version}";
        var metadata = $"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{string.Concat(requires.Select(r => $"Requires-Dist: {r}\n"))}";
        using var bytes = new MemoryStream();
        var record = new StringBuilder();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            void Add(string path, byte[] content)
            {
                var entry = zip.CreateEntry(path);
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                // rw-r--r-- of a regular file.
                entry.ExternalAttributes = 0x81A4 << 16;
                using (var stream = entry.Open())
                    stream.Write(content);
                var hash = Convert.ToBase64String(SHA256.HashData(content)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
                record.Append(CultureInfo.InvariantCulture, $"{path},sha256={hash},{content.Length}\n");
            }

            foreach (var (path, content) in files)
                Add(path == "entry_points.txt" ? $"{stem}.dist-info/{path}" : path, content);
            Add($"{stem}.dist-info/METADATA", Encoding.UTF8.GetBytes(metadata));
            Add($"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: eval\nRoot-Is-Purelib: true\nTag: py3-none-any\n"u8.ToArray());
            using var last = zip.CreateEntry($"{stem}.dist-info/RECORD").Open();
            last.Write(Encoding.UTF8.GetBytes($"{record}{stem}.dist-info/RECORD,,\n"));
        }

        return new Wheel($"{stem}-py3-none-any.whl", bytes.ToArray());
    }
}
