using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace CodingAgent.BotHost.Api;

/// <summary>
/// What the OpenAPI document says of a call beside what its handler shows: handlers read bodies and queries themselves, to refuse them in words. Said
/// to the document alone; the framework's own <c>Accepts</c> would have the router refuse, without words and before the key was looked at.
/// </summary>
internal static class ApiDescription
{
    private const string Json = MediaTypeNames.Application.Json;

    /// <summary>A body.</summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder call, string description, bool isOptional = false) =>
        call.AddOpenApiOperationTransformer(async (operation, context, cancellationToken) =>
        {
            context.Document!.AddComponent<IOpenApiSchema>(typeof(T).Name, await context.GetOrCreateSchemaAsync(typeof(T), null, cancellationToken));
            operation.RequestBody = new OpenApiRequestBody
            {
                Description = description,
                Required = !isOptional,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [Json] = new() { Schema = new OpenApiSchemaReference(typeof(T).Name, context.Document) } },
            };
        });

    /// <summary>A parameter of the query, or a header.</summary>
    public static RouteHandlerBuilder Takes(this RouteHandlerBuilder call, ParameterLocation place, string name, string description, OpenApiSchema? schema = null) =>
        call.Adapts(operation => (operation.Parameters ??= []).Add(new OpenApiParameter
        {
            Name = name,
            In = place,
            Description = description,
            Schema = schema ?? new OpenApiSchema { Type = JsonSchemaType.String },
        }));

    /// <summary>What a part of the path is.</summary>
    public static RouteHandlerBuilder Names(this RouteHandlerBuilder call, string name, string description, params string[] values) =>
        call.Adapts(operation =>
        {
            var parameter = (OpenApiParameter)operation.Parameters!.Single(p => p.Name == name);
            (parameter.Description, parameter.Schema) = (description, values.Length == 0 ? parameter.Schema : OneOf(values));
        });

    /// <summary>What the answer to a call that was taken is, and a header of it.</summary>
    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder call, int status, string description, string? header = null, string about = "") =>
        call.Adapts(operation =>
        {
            var answer = (OpenApiResponse)operation.Responses![$"{status}"];
            answer.Description = description;
            if (header is not null)
                answer.WithHeader(header, about, JsonSchemaType.String);
        });

    /// <summary>How it may be refused.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder call, params int[] statuses)
    {
        foreach (var status in statuses)
            call.ProducesProblem(status);
        return call;
    }

    /// <summary>That a client may have events instead.</summary>
    public static RouteHandlerBuilder Streams(this RouteHandlerBuilder call, string description) =>
        call.Adapts(operation => ((OpenApiResponse)operation.Responses!["200"]).Content!["text/event-stream"] =
            new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = description } });

    /// <summary>A header of an answer.</summary>
    public static void WithHeader(this OpenApiResponse answer, string name, string description, JsonSchemaType type) =>
        (answer.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal))[name] = new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = type } };

    /// <summary>One of some names.</summary>
    public static OpenApiSchema OneOf(params string[] names) => new() { Type = JsonSchemaType.String, Enum = [.. names.Select(n => (JsonNode)n)] };

    private static RouteHandlerBuilder Adapts(this RouteHandlerBuilder call, Action<OpenApiOperation> adapt) =>
        call.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            adapt(operation);
            return Task.CompletedTask;
        });
}
