using System.Text;
using System.Text.Json;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary><c>package.json</c>: what each section asks for, aliases under the name they stand for.</summary>
internal static class JsonManifests
{
    private static readonly string[] Sections = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions"];

    public static IReadOnlyList<Declaration> Npm(string path, string text)
    {
        var found = new List<Declaration>();
        var bom = text.StartsWith('\uFEFF') ? 1 : 0;
        var bytes = Encoding.UTF8.GetBytes(text[bom..]);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 64 });
        try
        {
            var (section, name) = ("", "");
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                    section = reader.GetString()!;
                else if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 2)
                    name = reader.GetString()!;
                else if (reader.TokenType == JsonTokenType.String && reader.CurrentDepth == 2 && Array.IndexOf(Sections, section) >= 0)
                    found.Add(Declare(section, name, reader.GetString()!, bom + Encoding.UTF8.GetCharCount(bytes.AsSpan(0, (int)reader.TokenStartIndex)) + 1, !reader.ValueIsEscaped));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return [];
        }

        return found;

        Declaration Declare(string section, string name, string constraint, int start, bool isPlain)
        {
            // "react-17": "npm:react@^17": the name before the last sign is the package.
            var at = constraint.StartsWith("npm:", StringComparison.Ordinal) ? constraint.LastIndexOf('@') : -1;
            if (at > 4)
                (name, start, constraint) = (constraint[4..at], start + at + 1, constraint[(at + 1)..]);
            var line = text.AsSpan(0, start).Count('\n') + 1;
            return new Declaration("npm", name, constraint, path, section, start) { Line = line, Fixed = isPlain ? Elsewhere(constraint) : "it is written with escapes" };
        }
    }

    private static string? Elsewhere(string constraint) => constraint switch
    {
        _ when constraint.StartsWith("workspace:", StringComparison.Ordinal) => "it is a package of the workspace",
        _ when constraint.StartsWith("catalog:", StringComparison.Ordinal) => "the workspace's catalog decides its version",
        _ when constraint.StartsWith('$') => "it follows another section",
        _ when constraint.Contains(':', StringComparison.Ordinal) || constraint.Contains('/', StringComparison.Ordinal) => "it comes from an address or a folder",
        _ when constraint.Length > 0 && char.IsAsciiLetter(constraint[0]) && constraint[0] is not ('v' or 'x' or 'X') => "it follows a tag of the registry",
        _ => null,
    };
}
