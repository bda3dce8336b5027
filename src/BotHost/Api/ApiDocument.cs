using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using CodingAgent.Storage;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace CodingAgent.BotHost.Api;

/// <summary>
/// The OpenAPI document of the REST API, and pages that show it. Both are there without a key: a browser opens a page with none, and what they say
/// stands in the public repository. Who calls from the pages types a key, which is nowhere kept.
/// </summary>
public static class ApiDocument
{
    /// <summary>Name of the document, and of the group of endpoints that stand in it.</summary>
    internal const string Name = "v1";

    /// <summary>Tag of the calls on tasks.</summary>
    internal const string Tasks = "Tasks";

    /// <summary>Tag of the calls on pull requests.</summary>
    internal const string Pulls = "Pull requests";

    private const string Bearer = "bearer";
    private const string Pages = "/scalar";

    private static readonly Dictionary<string, string> Answers = new(StringComparer.Ordinal)
    {
        ["400"] = "Something in the request is wrong; nothing was done.",
        ["401"] = "There is no key, or it is not known, revoked or expired.",
        ["403"] = "The key's role does not suffice.",
        ["404"] = "There is no such thing.",
        ["409"] = "The task has moved on meanwhile.",
        ["413"] = "The body is too large.",
        ["415"] = "The body is not sent as JSON.",
        ["422"] = "The forge says that this task could not work.",
        ["429"] = "Too many refused requests of this address.",
        ["503"] = "The forge, Temporal or the service itself is away for the moment; nothing was done.",
    };

    /// <summary>Registers what makes the document.</summary>
    /// <param name="services">Services.</param>
    public static IServiceCollection AddApiDocument(this IServiceCollection services)
    {
        // Nothing is bound by the framework, and answers hold numbers as numbers: without this the document would allow them in strings.
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict);
        return services.AddOpenApi(Name, options =>
        {
            options.ShouldInclude = endpoint => endpoint.GroupName == Name;
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "Coding Agent",
                    Version = Name,
                    Description = "Tasks of a self-hosted coding agent: start, watch and steer them. Refusals are `application/problem+json` with one line in `detail`. "
                        + "Not described here: webhooks (the forges' own formats), `/health`, `/metrics` (Prometheus) and `/codec` (Temporal's).",
                    License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
                };
                // Wherever the document is found; under which address it was asked for is nobody's matter.
                document.Servers = [new OpenApiServer { Url = "/" }];
                document.Tags = new HashSet<OpenApiTag>
                {
                    new() { Name = Tasks, Description = "What the agent works on." },
                    new() { Name = Pulls, Description = "What came of it." },
                };
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
                {
                    [Bearer] = new OpenApiSecurityScheme
                    {
                        Type = SecuritySchemeType.Http,
                        Scheme = Bearer,
                        Description = "An API key: `codingagent key create NAME --role viewer|operator|admin`. Beside each call stands the least role that may make it.",
                    },
                };
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, context, _) =>
            {
                var answers = (operation.Responses ?? []).OrderBy(a => a.Key, StringComparer.Ordinal).ToArray();
                operation.Responses = [];
                foreach (var (status, answer) in answers)
                {
                    Describe(status, (OpenApiResponse)answer);
                    operation.Responses[status] = answer;
                }

                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [LeastRole(context.Description.ActionDescriptor.EndpointMetadata)] }];
                return Task.CompletedTask;
            });
            options.AddSchemaTransformer((schema, context, _) =>
            {
                // Requests are refused for a member that is not known; answers always have all of theirs.
                var type = context.JsonTypeInfo.Type;
                if (type == typeof(CreateTaskRequest) || type == typeof(SignalRequest))
                    schema.AdditionalPropertiesAllowed = false;
                else if (schema.Properties is { Count: > 0 } properties && type != typeof(ProblemDetails))
                    schema.Required = properties.Keys.ToHashSet(StringComparer.Ordinal);
                else if (type.IsEnum)
                    (schema.Type, schema.Description) = (JsonSchemaType.String, null);
                return Task.CompletedTask;
            });
        });
    }

    /// <summary>Maps <c>/openapi/v1.json</c> and its pages, which fetch nothing from anywhere else.</summary>
    /// <param name="routes">Routes.</param>
    public static void MapApiDocument(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi();
        routes.MapScalarApiReference(Pages, (options, context) =>
        {
            var nonce = RandomNumberGenerator.GetHexString(32);
            options.WithTitle("Coding Agent: REST API").AddDocument(Name).AddPreferredSecuritySchemes(Bearer).WithNonce(nonce)
                .DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().HideClientButton().HideDeveloperTools();
            // Whatever the page's script might try: it asks this service and nobody else.
            context.Response.Headers.ContentSecurityPolicy =
                $"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers["Referrer-Policy"] = "no-referrer";
        });
    }

    private static void Describe(string status, OpenApiResponse answer)
    {
        if (Answers.TryGetValue(status, out var words))
            answer.Description = words;
        if (status == "401")
            answer.WithHeader("WWW-Authenticate", "`Bearer`.", JsonSchemaType.String);
        else if (status is "429" or "503")
            answer.WithHeader("Retry-After", "Seconds to wait.", JsonSchemaType.Integer);
    }

    // All its policies hold: of the endpoint, and of its group.
    private static string LeastRole(IEnumerable<object> metadata) =>
        metadata.OfType<AuthorizationPolicy>().SelectMany(p => p.Requirements).OfType<RolesAuthorizationRequirement>()
            .Select(r => r.AllowedRoles.Select(Enum.Parse<ApiRole>).Min()).Max().ToString().ToLower(CultureInfo.InvariantCulture);
}
