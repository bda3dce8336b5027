using System.Text;

namespace CodingAgent.Mcp.Tests.Servers.Edits;

/// <summary>One call of edit_file: a file before, the arguments, and the file afterwards or what the refusal says.</summary>
/// <param name="Name">What is sloppy about it.</param>
/// <param name="Before">The file; with an encoding given, in that.</param>
/// <param name="Old">old_text.</param>
/// <param name="New">new_text.</param>
/// <param name="After">The file afterwards; null when the edit is refused.</param>
public sealed record EditCase(string Name, string Before, string Old, string New, string? After)
{
    public string Path { get; init; } = "file.cs";

    /// <summary>Part of the refusal.</summary>
    public string? Refusal { get; init; }

    /// <summary>Part of the answer.</summary>
    public string? Says { get; init; }

    public Encoding Encoding { get; init; } = new UTF8Encoding(false);

    public byte[] Bytes(string text) => [.. Encoding.Preamble, .. Encoding.GetBytes(text)];

    public static EditCase Refused(string name, string before, string old, string @new, string refusal) => new(name, before, old, @new, null) { Refusal = refusal };

    public override string ToString() => Name;
}
