using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;
using GraphQL;
using GraphQL.SystemTextJson;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQL.Validation.Rules;
using GraphQLParser;
using GraphQLParser.AST;
using GraphQLParser.Exceptions;

namespace CodingAgent.Playground.LocalForge.Api.GraphQl;

/// <summary>GitHub's GraphQL, as far as <c>schema.graphql</c> goes: what the product asks that REST has no equal for, and what <c>gh</c> asks. All else is refused as GitHub refuses it.</summary>
internal sealed class GraphQlApi(World world, Shapes shapes, Actions actions)
{
    // GitHub lets a field have another type in a fragment on another type, and gh relies on it: "state" of issues and of pull requests.
    private static readonly IReadOnlyList<IValidationRule> Rules =
        [.. DocumentValidator.CoreRules.Where(r => r is not (FieldsOnCorrectType or OverlappingFieldsCanBeMerged)), new UndefinedField.Rule()];

    private readonly DocumentExecuter _executer = new();
    private readonly GraphQLSerializer _serializer = new();
    private readonly ISchema _schema = new GraphQlFields(world, shapes, actions).Build();

    public void Map(ApiRoutes routes)
    {
        routes.PostAbsolute("/api/graphql", RunAsync);
        routes.Post("/graphql", RunAsync);
    }

    private async Task<Answer> RunAsync(ApiCall call)
    {
        var account = call.Account;
        var query = call.Needed("Query", "query");
        GraphQLDocument document;
        try
        {
            document = Parser.Parse(query);
        }
        catch (GraphQLParserException e)
        {
            return Answer.Ok(new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["message"] = e.Message, ["locations"] = Locations([e.Location]) }) });
        }

        var isMutation = document.Definitions.OfType<GraphQLOperationDefinition>().Any(o => o.Operation == OperationType.Mutation);
        if (call.Grant is { } grant && !AppRules.AllowsQuery(isMutation, grant))
            return Answer.Ok(new JsonObject { ["data"] = null, ["errors"] = new JsonArray(new JsonObject { ["type"] = "FORBIDDEN", ["message"] = "Resource not accessible by integration" }) });
        var result = await _executer.ExecuteAsync(options =>
        {
            options.Schema = _schema;
            options.Query = query;
            options.Document = document;
            options.OperationName = call.Text("operationName") is { Length: > 0 } name ? name : null;
            options.Variables = _serializer.Deserialize<Inputs>((call.Body["variables"] as JsonObject ?? []).ToJsonString());
            options.ValidationRules = Rules;
            options.UserContext = new Dictionary<string, object?> { [GraphQlFields.Caller] = account };
            options.ThrowOnUnhandledException = true;
        });
        var json = new JsonObject();
        // As GitHub has it: data there is none of where nothing was begun.
        if (result.Executed)
            json["data"] = JsonNode.Parse(_serializer.Serialize(new ExecutionResult { Executed = true, Data = result.Data }))!["data"]?.DeepClone();
        if (result.Errors is { Count: > 0 } errors)
            json["errors"] = new JsonArray([.. errors.Select(Shape)]);
        return Answer.Ok(json);
    }

    private static JsonObject Shape(ExecutionError error)
    {
        var json = new JsonObject { ["message"] = error.Message, ["locations"] = Locations(error.Locations ?? []) };
        var path = error is UndefinedField { Way: var way } ? way : error.Path;
        if (path is not null)
            json["path"] = JsonSerializer.SerializeToNode(path);
        if (error is GraphQlProblem problem)
            json["type"] = problem.Type;
        if (error is UndefinedField field)
            json["extensions"] = new JsonObject { ["code"] = "undefinedField", ["typeName"] = field.TypeName, ["fieldName"] = field.FieldName };
        return json;
    }

    private static JsonArray Locations(IEnumerable<Location> locations) =>
        new([.. locations.Select(l => new JsonObject { ["line"] = l.Line, ["column"] = l.Column })]);
}
