using GraphQL.Types;
using GraphQLParser.AST;

namespace CodingAgent.Playground.LocalForge.Api.GraphQl;

/// <summary>A scalar that travels as text as it stands, e.g. <c>URI</c>.</summary>
internal sealed class TextScalar : ScalarGraphType
{
    public TextScalar(string name) => Name = name;

    public override object? ParseLiteral(GraphQLValue value) => value switch
    {
        GraphQLStringValue text => text.Value.ToString(),
        GraphQLNullValue => null,
        _ => ThrowLiteralConversionError(value),
    };

    public override object? ParseValue(object? value) => value is null or string ? value : ThrowValueConversionError(value);
}
