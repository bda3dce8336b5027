using System.Globalization;
using System.Net;

namespace CodingAgent.Playground.LocalForge.Pages;

/// <summary>Markup that is safe to send. Made from interpolated text whose holes are encoded unless they are markup themselves.</summary>
internal readonly record struct Html(string Value)
{
    public static Html Empty { get; } = new("");

    public static Html Of(FormattableString text) =>
        new(string.Format(CultureInfo.InvariantCulture, text.Format, text.GetArguments().Select(a => new Hole(a)).ToArray<object?>()));

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(p => p.Value)));

    public override string ToString() => Value;

    // Formatted as the text says, and only then encoded.
    private sealed record Hole(object? Value) : IFormattable
    {
        public string ToString(string? format, IFormatProvider? provider) => Value switch
        {
            Html html => html.Value,
            IEnumerable<Html> many => Join(many).Value,
            IFormattable value => WebUtility.HtmlEncode(value.ToString(format, provider)),
            _ => WebUtility.HtmlEncode(Value?.ToString() ?? ""),
        };
    }
}
