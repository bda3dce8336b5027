using GraphQL;
using GraphQL.Validation;
using GraphQLParser.AST;

namespace CodingAgent.Playground.LocalForge.Api.GraphQl;

/// <summary>A field that the schema does not have, as GitHub tells of it: with the way to it through operation, fields and fragments.</summary>
internal sealed class UndefinedField(ValidationContext context, GraphQLField node, string typeName, IReadOnlyList<string> path)
    : ValidationError(context.Document.Source, "", $"Field '{node.Name.StringValue}' doesn't exist on type '{typeName}'", node)
{
    public string TypeName { get; } = typeName;

    public string FieldName { get; } = node.Name.StringValue;

    public IReadOnlyList<string> Way { get; } = path;

    /// <summary>Finds them, in place of the library's rule of the same name.</summary>
    public sealed class Rule : ValidationRuleBase
    {
        private static readonly INodeVisitor Visitor = new MatchingNodeVisitor<GraphQLField>((node, context) =>
        {
            if (context.TypeInfo.GetParentType()?.GetNamedType() is { } type && context.TypeInfo.GetFieldDef() is null)
                context.ReportError(new UndefinedField(context, node, type.Name, WayTo(context.TypeInfo)));
        });

        public override ValueTask<INodeVisitor?> GetPreNodeVisitorAsync(ValidationContext context) => new(Visitor);
    }

    private static List<string> WayTo(TypeInfo info)
    {
        var way = new List<string>();
        ASTNode? node = null;
        for (var depth = 0; node is not (GraphQLOperationDefinition or GraphQLFragmentDefinition); depth++)
        {
            node = info.GetAncestor(depth);
            if (NameOf(node) is { } name)
                way.Insert(0, name);
        }

        return way;
    }

    private static string? NameOf(ASTNode? node) => node switch
    {
        GraphQLField field => (field.Alias?.Name ?? field.Name).StringValue,
        GraphQLInlineFragment { TypeCondition: { } condition } => $"... on {condition.Type.Name.StringValue}",
        GraphQLInlineFragment => "...",
        GraphQLFragmentDefinition fragment => $"fragment {fragment.FragmentName.Name.StringValue}",
        GraphQLOperationDefinition operation => $"{operation.Operation.ToString().ToLowerInvariant()} {operation.Name?.StringValue}".TrimEnd(),
        _ => null,
    };
}
