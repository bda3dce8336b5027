using System.Text.Json;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Mcp.Images;

/// <summary>
/// What a <c>devcontainer.json</c> (containers.dev) says about the image that a repository is worked on in, as far as a sandbox can follow it.
/// Outside text: read strictly where it counts, and what is not followed is named, so that nobody wonders.
/// </summary>
public sealed record DevContainer
{
    private const int Longest = 256 * 1024;
    private const int MaxDepth = 32;

    // Keys that change what a container is or may do, and that a sandbox does not follow. The rest is the editor's.
    private static readonly (string Key, string Why)[] NotDone =
    [
        ("features", "features are not installed: put what they bring into the image or the set-up"),
        ("runArgs", "runArgs are not used: the sandbox has walls of its own"),
        ("mounts", "mounts are not made"),
        ("workspaceMount", "workspaceMount is not used: the workspace is /workspace"),
        ("workspaceFolder", "workspaceFolder is not used: the workspace is /workspace"),
        ("privileged", "privileged is not given"),
        ("capAdd", "capAdd is not given"),
        ("securityOpt", "securityOpt is not used"),
        ("containerEnv", "containerEnv is not set"),
        ("remoteEnv", "remoteEnv is not set"),
        ("containerUser", "containerUser is not used: commands run as the workspace's owner"),
        ("remoteUser", "remoteUser is not used: commands run as the workspace's owner"),
        ("initializeCommand", "initializeCommand is not run: it is meant for the host"),
        ("postStartCommand", "postStartCommand is not run"),
        ("postAttachCommand", "postAttachCommand is not run"),
        ("forwardPorts", "no port is forwarded"),
    ];

    /// <summary>The image; null when one is to be built.</summary>
    public ImageReference? Image { get; init; }

    /// <summary>What is to be built; null when there is an image.</summary>
    public DevContainerBuild? Build { get; init; }

    /// <summary>Shell lines that prepare a fresh container, in order: what the set-up could run.</summary>
    public IReadOnlyList<string> SetUp { get; init; } = [];

    /// <summary>What the file asks for and is not done, in words.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>
    /// The file that counts, of a repository's paths: <c>.devcontainer/devcontainer.json</c>, then <c>.devcontainer.json</c>, then the one in a
    /// folder of <c>.devcontainer</c> when there is only one. Null when there is none or nobody could say which.
    /// </summary>
    public static string? FileOf(IEnumerable<string> paths)
    {
        var found = paths.Where(p => p is ".devcontainer.json" || (p.StartsWith(".devcontainer/", StringComparison.Ordinal) && p.EndsWith("/devcontainer.json", StringComparison.Ordinal) && p.Count(c => c == '/') <= 2)).ToList();
        foreach (var first in new[] { ".devcontainer/devcontainer.json", ".devcontainer.json" })
        {
            if (found.Contains(first, StringComparer.Ordinal)) return first;
        }

        return found is [var only] ? only : null;
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="text">JSON with comments and trailing commas.</param>
    /// <param name="path">Where it is in the repository: its paths are relative to its folder.</param>
    /// <exception cref="FormatException">It cannot be followed; the message is one sentence that says why.</exception>
    public static DevContainer Parse(string text, string path)
    {
        if (text.Length > Longest) throw new FormatException($"{path} is larger than {Longest / 1024} KB.");
        try
        {
            var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = MaxDepth };
            using var json = JsonDocument.Parse(text.TrimStart('\uFEFF'), options);
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw new FormatException($"{path} is no JSON object.");
            return Read(json.RootElement, path);
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path} is not valid JSON, comments and trailing commas allowed (line {e.LineNumber + 1}).", e);
        }
        catch (InvalidOperationException e)
        {
            // A text with half a surrogate pair: JSON allows the escape, .NET has no string for it.
            throw new FormatException($"{path} holds text that is no Unicode.", e);
        }
    }

    private static DevContainer Read(JsonElement root, string path)
    {
        if (Has(root, "dockerComposeFile")) throw new FormatException($"{path} names a dockerComposeFile: several containers at once are not supported; name an image or a Dockerfile.");
        var common = new DevContainer
        {
            SetUp = [.. new[] { "onCreateCommand", "updateContentCommand", "postCreateCommand" }.SelectMany(key => Commands(root, key, path))],
            Notes = [.. NotDone.Where(n => Has(root, n.Key) && !IsEmpty(root.GetProperty(n.Key))).Select(n => n.Why)],
        };
        var build = Has(root, "build") ? root.GetProperty("build") : default;
        if (build.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Object)) throw new FormatException($"{path}: 'build' must be an object.");
        // Before the specification the two stood at the top, with another capital.
        var dockerfile = build.ValueKind == JsonValueKind.Object ? Text(build, "dockerfile", path) : null;
        if ((dockerfile ?? Text(root, "dockerFile", path)) is { } file)
        {
            var context = (build.ValueKind == JsonValueKind.Object ? Text(build, "context", path) : null) ?? Text(root, "context", path) ?? ".";
            return common with
            {
                Build = new DevContainerBuild(Under(path, file), Under(path, context))
                {
                    Target = build.ValueKind == JsonValueKind.Object ? Text(build, "target", path) : null,
                    Arguments = build.ValueKind == JsonValueKind.Object ? Arguments(build, path) : new Dictionary<string, string>(),
                },
            };
        }

        if (Text(root, "image", path) is not { } image) throw new FormatException($"{path} names neither an image nor a Dockerfile (image, build.dockerfile).");
        return common with { Image = ImageReference.TryParse(image) ?? throw new FormatException($"{path}: '{Short(image)}' is no image reference, such as registry.example/team/image:1.2.") };
    }

    private static Dictionary<string, string> Arguments(JsonElement build, string path)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!Has(build, "args")) return arguments;
        var args = build.GetProperty("args");
        if (args.ValueKind != JsonValueKind.Object) throw new FormatException($"{path}: 'build.args' must be an object of texts.");
        foreach (var argument in args.EnumerateObject())
        {
            // The specification says text; numbers and truth values are written all the same and mean what they look like.
            arguments[argument.Name] = argument.Value.ValueKind switch
            {
                JsonValueKind.String => Constant(argument.Value.GetString()!, $"build.args.{argument.Name}", path),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => argument.Value.GetRawText(),
                _ => throw new FormatException($"{path}: 'build.args.{Short(argument.Name)}' must be a text."),
            };
        }

        return arguments;
    }

    // A line for a shell, a program with its arguments, or several of either by name, which an editor would run side by side.
    private static List<string> Commands(JsonElement root, string key, string path)
    {
        if (!Has(root, key)) return [];
        var value = root.GetProperty(key);
        return (value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().Select(p => p.Value) : [value]).Select(v => v.ValueKind switch
        {
            JsonValueKind.String => v.GetString()!,
            JsonValueKind.Array when v.EnumerateArray().All(a => a.ValueKind == JsonValueKind.String) => string.Join(' ', v.EnumerateArray().Select(a => Quoted(a.GetString()!))),
            _ => throw new FormatException($"{path}: '{key}' must be a text, a list of texts, or an object of these."),
        }).Where(line => line.Trim().Length > 0).ToList();
    }

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=:@%+,".Contains(c, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string? Text(JsonElement owner, string key, string path)
    {
        if (!Has(owner, key)) return null;
        var value = owner.GetProperty(key);
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > 0 } text) throw new FormatException($"{path}: '{key}' must be a text.");
        return Constant(text, key, path);
    }

    // ${localEnv:…} and its kin mean the developer's machine.
    private static string Constant(string text, string key, string path) => text.Contains("${", StringComparison.Ordinal)
        ? throw new FormatException($"{path}: '{Short(key)}' is '{Short(text)}'; variables of the developer's machine mean nothing here.")
        : text;

    private static string Under(string path, string relative)
    {
        var parts = new List<string>();
        if (relative[0] == '/' || relative.Any(c => c is '\\' or '\0')) throw new FormatException($"{path}: '{Short(relative)}' must be a path relative to the file, with slashes.");
        foreach (var part in $"{Path.GetDirectoryName(path)}/{relative}".Split('/').Where(p => p is not ("" or ".")))
        {
            if (part != "..") parts.Add(part);
            else if (parts.Count == 0) throw new FormatException($"{path}: '{Short(relative)}' leads out of the repository.");
            else parts.RemoveAt(parts.Count - 1);
        }

        return string.Join('/', parts);
    }

    private static bool Has(JsonElement owner, string key) => owner.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.String => value.GetString()!.Length == 0,
        _ => false,
    };

    private static string Short(string text) => TextCut.Head(text, 60, "…");
}

/// <summary>An image to build.</summary>
/// <param name="Dockerfile">Path from the repository root.</param>
/// <param name="Context">Folder whose content the build sees, from the repository root; empty for all of it.</param>
public sealed record DevContainerBuild(string Dockerfile, string Context)
{
    /// <summary>Stage to build; null for the last.</summary>
    public string? Target { get; init; }

    /// <summary>Build arguments.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();
}
