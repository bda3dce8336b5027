using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodingAgent.Agents.Models;
using CodingAgent.Mcp.Patterns;
using CodingAgent.Mcp.Texts;
using Json.Pointer;
using Json.Schema;
using Json.Schema.Keywords;
using Json.Schema.Keywords.Draft06;

namespace CodingAgent.Agents.Tools;

/// <summary>
/// Checks JSON against a schema. Endpoints promise to follow it; we check all the same, because compatible endpoints may not, and
/// answer with a line the model can act on. Schemas come from tool servers and values from models, so both are bounded: patterns run
/// in linear time or against a clock, references stay inside the schema, and an evaluation that grows without end is given up.
/// </summary>
internal sealed class SchemaCheck
{
    private const int MaxErrors = 3;

    private static readonly Dialect Bounded = Dialect.Draft202012.With(
        [new BoundedPattern(), new BoundedPatternProperties(), new BoundedReference(), DefinitionsKeyword.Instance],
        id: null,
        refIgnoresSiblingKeywords: null,
        allowUnknownKeywords: true);

    private static readonly EvaluationOptions Options = new() { OutputFormat = OutputFormat.List, Culture = CultureInfo.InvariantCulture };

    private readonly JsonElement _schema;
    private readonly JsonSchema? _compiled;

    private SchemaCheck(JsonElement schema, JsonSchema? compiled) => (_schema, _compiled) = (schema, compiled);

    /// <summary>
    /// A check against a schema. One that cannot be compiled checks nothing: it is a tool author's defect that the model cannot mend,
    /// and the tool itself has the last word.
    /// </summary>
    public static SchemaCheck Of(JsonElement schema)
    {
        try
        {
            // A registry of its own: nothing is fetched, and no schema's id is seen by another. The schema's word on its dialect does
            // not count, because other dialects bring keywords without bounds.
            var compiled = JsonSchema.Build(WithoutDialect(schema), new BuildOptions { Dialect = Bounded, SchemaRegistry = new SchemaRegistry() });
            return new SchemaCheck(schema, compiled);
        }
        catch (Exception e) when (e is JsonSchemaException or ArgumentException or InvalidOperationException or FormatException or OverflowException)
        {
            return new SchemaCheck(schema, null);
        }
    }

    /// <summary>What is wrong, each error with its place, at most three; null when the value follows the schema.</summary>
    public string? Errors(JsonElement value)
    {
        if (_compiled is null)
            return null;
        EvaluationResults results;
        BoundedReference.Begin();
        try
        {
            results = _compiled.Evaluate(value, Options);
        }
        catch (Exception e) when (e is JsonSchemaException or RefResolutionException)
        {
            return null;
        }
        catch (Exception e) when (e is FormatException or OverflowException or InvalidOperationException)
        {
            return "the value: a number or text in it cannot be read.";
        }
        if (results.IsValid)
            return null;
        var found = (results.Details ?? [results]).Where(r => r is { IsValid: false, Errors.Count: > 0 }).ToList();
        // Of alternatives, the one that came farthest is the one that was meant.
        var meant = found.Where(IsAlternative).OrderByDescending(r => r.InstanceLocation.SegmentCount).Take(1);
        var words = found.Where(r => !IsAlternative(r)).Concat(meant).SelectMany(r => Words(r, value)).Distinct(StringComparer.Ordinal)
            .Take(MaxErrors).ToList();
        return words.Count > 0 ? string.Join(' ', words) : "the value: does not follow the schema.";
    }

    private static JsonElement WithoutDialect(JsonElement schema) => WireJson.Member(schema, "$schema") is not null
        ? JsonSerializer.SerializeToElement(schema.EnumerateObject().Where(m => m.Name != "$schema").ToDictionary(m => m.Name, m => m.Value, StringComparer.Ordinal))
        : schema;

    private static bool IsAlternative(EvaluationResults result) => Segments(result.EvaluationPath).Any(s => s is "anyOf" or "oneOf");

    private IEnumerable<string> Words(EvaluationResults result, JsonElement value)
    {
        var place = Place(result.InstanceLocation);
        var prefix = place.Length == 0 ? "" : place + ".";
        place = place.Length == 0 ? "the value" : place;
        var given = result.InstanceLocation.Evaluate(value) ?? default;
        foreach (var (keyword, message) in result.Errors!)
        {
            var wanted = At(result.EvaluationPath, keyword);
            switch (keyword)
            {
                case "required" when wanted is { ValueKind: JsonValueKind.Array } names && given.ValueKind == JsonValueKind.Object:
                    foreach (var name in names.EnumerateArray().Select(n => n.ToString()).Where(n => !given.TryGetProperty(n, out _)))
                        yield return $"{prefix}{name}: is missing.";
                    break;
                case "type" when wanted is { } types:
                    yield return $"{place}: {Types(types)} is expected, {Kind(given)} was given.";
                    break;
                case "enum" when wanted is { ValueKind: JsonValueKind.Array } values:
                    yield return $"{place}: one of {string.Join(", ", values.EnumerateArray().Select(Short))} is expected, {Short(given)} was given.";
                    break;
                case "const" when wanted is { } only:
                    yield return $"{place}: {Short(only)} is expected, {Short(given)} was given.";
                    break;
                case "pattern" when wanted is { } pattern:
                    yield return $"{place}: text matching {Short(pattern)} is expected, {Short(given)} was given.";
                    break;
                // The false schema, which is how "nothing else" is said.
                case "" when At(result.EvaluationPath, "properties", above: true) is { ValueKind: JsonValueKind.Object } known:
                    yield return $"{place}: is not known; known are {string.Join(", ", known.EnumerateObject().Select(p => p.Name))}.";
                    break;
                case "":
                    yield return $"{place}: is not allowed.";
                    break;
                default:
                    yield return $"{place}: {message.TrimEnd('.')}.";
                    break;
            }
        }
    }

    // The schema's own word at a place of the evaluation; null when it cannot be found (the words are then the library's).
    private JsonElement? At(JsonPointer path, string keyword, bool above = false)
    {
        var at = _schema;
        var segments = Segments(path).ToList();
        foreach (var segment in above ? segments.SkipLast(1) : segments)
        {
            if (segment == "$ref" && WireJson.Text(at, "$ref") is { } reference)
            {
                if (!reference.StartsWith('#') || !JsonPointer.TryParse(reference[1..], out var target) || target.Evaluate(_schema) is not { } found)
                    return null;
                at = found;
            }
            else if (at.ValueKind == JsonValueKind.Array)
            {
                at = int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < at.GetArrayLength() ? at[i] : at;
            }
            else
            {
                at = WireJson.Member(at, segment) ?? at;
            }
        }
        return WireJson.Member(at, keyword);
    }

    private static IEnumerable<string> Segments(JsonPointer pointer) => Enumerable.Range(0, pointer.SegmentCount).Select(i => pointer[i].ToString());

    private static string Place(JsonPointer pointer)
    {
        var place = "";
        foreach (var segment in Segments(pointer))
            place += segment.All(char.IsAsciiDigit) ? $"[{segment}]" : place.Length == 0 ? segment : $".{segment}";
        return place;
    }

    private static string Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? string.Join(" or ", type.EnumerateArray().Select(t => t.GetString())) : type.ToString();

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number when value.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') >= 0 => $"number {Short(value)}",
        _ => value.ValueKind.ToString().ToLowerInvariant(),
    };

    private static string Short(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
            return "nothing";
        var text = value.GetRawText();
        return text.Length <= 60 ? text : TextCut.Head(text, 57, "...");
    }

    /// <summary>Patterns of schemas: in linear time where .NET can, else against a clock. One that cannot be run in time admits.</summary>
    private static class Patterns
    {
        private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(250);

        public static Regex Compile(string pattern) => BoundedRegex.Compile(pattern, Limit);
    }

    private sealed class BoundedPattern : PatternKeyword
    {
        private static readonly Regex Anything = new("", RegexOptions.NonBacktracking);

        // A pattern in a dialect that .NET does not know is a hint lost, not a schema lost.
        public override object? ValidateKeywordValue(JsonElement value)
        {
            try
            {
                return Patterns.Compile(value.GetString()!);
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                return Anything;
            }
        }

        public override KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context)
        {
            try
            {
                return base.Evaluate(keyword, context);
            }
            catch (RegexMatchTimeoutException)
            {
                return KeywordEvaluation.Ignore;
            }
        }
    }

    private sealed class BoundedPatternProperties : PatternPropertiesKeyword
    {
        public override object? ValidateKeywordValue(JsonElement value) => value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject().ToDictionary(p => p.Name, p => Patterns.Compile(p.Name), StringComparer.Ordinal)
            : throw new JsonSchemaException("'patternProperties' must be an object.");

        public override KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context)
        {
            try
            {
                return base.Evaluate(keyword, context);
            }
            catch (RegexMatchTimeoutException e)
            {
                throw new JsonSchemaException("A pattern took too long.", e);
            }
        }
    }

    // Without references an evaluation is no larger than schema times value; with them it may double at every level, or go round in a
    // circle (which the library sees only at a schema's root) until the stack is full.
    private sealed class BoundedReference : RefKeyword
    {
        private const int Most = 20_000;

        [ThreadStatic]
        private static int _left;

        public static void Begin() => _left = Most;

        public override KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context) =>
            _left-- > 0 && RuntimeHelpers.TryEnsureSufficientExecutionStack()
                ? base.Evaluate(keyword, context)
                : throw new JsonSchemaException("The schema's references have no end.");
    }
}
