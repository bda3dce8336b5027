using System.Globalization;
using System.Net;

namespace CodingAgent.Playground.LocalForge.Pages;

/// <summary>Markup that is safe to send. Made from interpolated text whose holes are encoded unless they are markup themselves.</summary>
internal readonly record struct Html(string Value)
{
    public static Html Empty { get; } = new("");

    public static Html Of(FormattableString text) =>
        new(string.Format(CultureInfo.InvariantCulture, text.Format, text.GetArguments().Select(Encode).ToArray<object?>()));

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(p => p.Value)));

    public override string ToString() => Value;

    private static string Encode(object? value) => value switch
    {
        Html html => html.Value,
        IEnumerable<Html> many => Join(many).Value,
        _ => WebUtility.HtmlEncode(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
    };
}
