using System.Globalization;
using CodingAgent.Agents.Tools;
using CodingAgent.Forges;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Workflows.Policy;

/// <summary>Takes typed values out of policy nodes and collects every error instead of stopping at the first.</summary>
internal sealed class PolicyDecoder
{
    public const int MaxItems = 200;
    private const int MaxText = 2_000;

    public List<PolicyError> Errors { get; } = [];

    /// <summary>The entries of a mapping by key; unknown keys become errors that name the nearest valid one.</summary>
    public Dictionary<string, PolicyNode> Section(PolicyNode node, string path, params string[] keys)
    {
        var found = new Dictionary<string, PolicyNode>(StringComparer.Ordinal);
        if (node is not PolicyNode.Mapping mapping)
        {
            Fail(node.Line, path, $"must be a mapping with the keys {string.Join(", ", keys)}.");
            return found;
        }

        foreach (var entry in mapping.Entries)
        {
            if (keys.Contains(entry.Key, StringComparer.Ordinal))
            {
                found.Add(entry.Key, entry.Value);
                continue;
            }

            var nearest = Nearest.Of(entry.Key, keys);
            var hint = nearest is null ? $"valid here: {string.Join(", ", keys)}." : $"did you mean '{nearest}'?";
            Errors.Add(new PolicyError(entry.Line, Join(path, Short(entry.Key)), $"Unknown key '{Short(entry.Key)}'; {hint}"));
        }

        return found;
    }

    public string? Text(PolicyNode node, string path, bool nullable = false)
    {
        if (node is PolicyNode.Scalar { IsNull: true } && nullable)
            return null;
        // A block (|, >) of one line ends with a line end.
        if (node is PolicyNode.Scalar { IsNull: false } scalar && scalar.Text.TrimEnd('\n') is { Length: > 0 and <= MaxText } text && !text.Any(char.IsControl))
            return text;
        Fail(node.Line, path, node is PolicyNode.Scalar block && block.Text.Trim().Contains('\n', StringComparison.Ordinal)
            ? "is a block of several lines and must be one line: join its commands with && on one line, or put them in a script of the repository and write 'sh ci/check.sh'."
            : $"must be one line of text of at most {MaxText} characters.");
        return null;
    }

    public IReadOnlyList<string> Texts(PolicyNode node, string path)
    {
        if (node is not PolicyNode.Sequence list || list.Items.Count > MaxItems)
        {
            Fail(node.Line, path, $"must be a list of at most {MaxItems} texts, such as [\"a\", \"b\"].");
            return [];
        }

        return [.. list.Items.Select((item, i) => Text(item, $"{path}[{i}]")).OfType<string>()];
    }

    public IReadOnlyList<string> Globs(PolicyNode node, string path)
    {
        var globs = Texts(node, path);
        foreach (var glob in globs.Where(g => !PathGlob.IsValid(g)))
            Fail(node.Line, path, $"'{Short(glob)}' is not a path pattern: write it from the root with /, *, ** and ?, without '..'.");
        return globs;
    }

    /// <summary>Names of repositories on the same forge, each once.</summary>
    public IReadOnlyList<string> Repositories(PolicyNode node, string path, int most)
    {
        if (node is not PolicyNode.Sequence list || list.Items.Count > most)
        {
            Fail(node.Line, path, $"must be a list of at most {most} repositories, such as [\"owner/name\"].");
            return [];
        }

        var names = new List<string>();
        foreach (var (item, i) in list.Items.Select((item, i) => (item, i)))
        {
            var name = Text(item, $"{path}[{i}]");
            // Forges differ in how deep an owner may be; one is the least of all.
            if (name is not null && !RepoRef.TryParse($"gitlab:{name}", out _))
                Fail(item.Line, $"{path}[{i}]", $"'{Short(name)}' is not a repository: write it as owner/name, without address and without pattern.");
            else if (name is not null && !names.Contains(name, StringComparer.OrdinalIgnoreCase))
                names.Add(name);
        }

        return names;
    }

    public bool Flag(PolicyNode node, string path, bool fallback)
    {
        if (node is PolicyNode.Scalar { Quoted: false } scalar)
        {
            switch (scalar.Text)
            {
                case "true" or "True" or "TRUE":
                    return true;
                case "false" or "False" or "FALSE":
                    return false;
            }
        }

        Fail(node.Line, path, "must be true or false.");
        return fallback;
    }

    public decimal Number(PolicyNode node, string path, decimal fallback, decimal min, decimal max, bool whole)
    {
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        if (node is PolicyNode.Scalar { Quoted: false } scalar
            && decimal.TryParse(scalar.Text.Replace("_", "", StringComparison.Ordinal), Style, CultureInfo.InvariantCulture, out var value)
            && value >= min && value <= max && (!whole || value == decimal.Truncate(value)))
            return value;
        Fail(node.Line, path, string.Create(CultureInfo.InvariantCulture, $"must be a {(whole ? "whole " : "")}number from {min} to {max}."));
        return fallback;
    }

    public int Whole(PolicyNode node, string path, int fallback, int min, int max) => (int)Number(node, path, fallback, min, max, whole: true);

    public TimeSpan Duration(PolicyNode node, string path, TimeSpan fallback, TimeSpan max)
    {
        if (node is PolicyNode.Scalar scalar && TrySplit(scalar.Text, out var value, out var unit))
        {
            var seconds = unit switch { "s" => 1, "m" => 60, "h" => 3600, "d" => 86400, _ => 0 };
            if (seconds > 0 && value > 0 && value * seconds <= (decimal)max.TotalSeconds)
                return TimeSpan.FromSeconds((double)(value * seconds));
        }

        Fail(node.Line, path, $"must be a time such as 90s, 20m, 6h or 2d, at most {Words(max)}.");
        return fallback;
    }

    public long Size(PolicyNode node, string path, long fallback, long min, long max)
    {
        if (node is PolicyNode.Scalar scalar && TrySplit(scalar.Text, out var value, out var unit))
        {
            var factor = unit.ToLowerInvariant() switch { "k" => 1L << 10, "m" => 1L << 20, "g" => 1L << 30, _ => 0 };
            if (factor > 0 && value <= max / factor && value * factor >= min)
                return (long)(value * factor);
        }

        Fail(node.Line, path, $"must be a size such as 512m or 4g, from {min >> 20}m to {max >> 30}g.");
        return fallback;
    }

    public T Choice<T>(PolicyNode node, string path, T fallback)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(n => n.ToLowerInvariant()).ToArray();
        if (node is PolicyNode.Scalar scalar && names.Contains(scalar.Text, StringComparer.Ordinal))
            return Enum.Parse<T>(scalar.Text, ignoreCase: true);
        Fail(node.Line, path, $"must be one of {string.Join(", ", names)}.");
        return fallback;
    }

    /// <summary>The answer to a class of files; <c>true</c> allows, and <c>false</c> is what holds without the key.</summary>
    public RiskRule Rule(PolicyNode node, string path, RiskRule fallback)
    {
        switch (node as PolicyNode.Scalar)
        {
            case { Text: "allow" } or { Quoted: false, Text: "true" or "True" or "TRUE" }:
                return RiskRule.Allow;
            case { Text: "ask" }:
                return RiskRule.Ask;
            case { Text: "deny" }:
                return RiskRule.Deny;
            case { Quoted: false, Text: "false" or "False" or "FALSE" }:
                return fallback;
            default:
                Fail(node.Line, path, "must be one of ask, allow, deny.");
                return fallback;
        }
    }

    public void Fail(int line, string path, string message) => Errors.Add(new PolicyError(line, path, $"'{path}' {message}"));

    private static bool TrySplit(string text, out decimal value, out string unit)
    {
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        unit = text[digits..];
        value = 0;
        return digits is > 0 and <= 10
            && decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
    }

    private static string Words(TimeSpan time) => time.TotalDays >= 1 ? $"{time.TotalDays:0}d" : $"{time.TotalHours:0}h";

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    public static string Short(string text) => TextCut.Head(text, 60, "…");
}
