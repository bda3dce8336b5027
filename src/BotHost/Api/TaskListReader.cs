using System.Globalization;
using System.Text;
using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.OpenApi;

namespace CodingAgent.BotHost.Api;

/// <summary>Reads the query of <c>GET /tasks</c>; pure. A parameter that is not known is refused: left out, it would silently show everything.</summary>
internal static class TaskListReader
{
    private const int MaxLimit = 200;
    private const int MaxLoginLength = 300;

    private static readonly string[] Known = ["repo", "state", "kind", "requestedBy", "updatedAfter", "after", "limit"];

    // Written with an offset, or in UTC.
    private static readonly string[] Moments = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>What is asked for, or what is wrong.</summary>
    /// <param name="parameters">The query.</param>
    /// <param name="usual">The forge of a repository that is named without one.</param>
    public static (TaskQuery? Query, Problem? Error) Read(IQueryCollection parameters, ForgeKind usual)
    {
        var query = new TaskQuery(MaxLimit);
        foreach (var (name, values) in parameters)
        {
            var known = Known.FirstOrDefault(k => k.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (known is null)
                return Wrong(ApiText.Shown(name), $"'{ApiText.Shown(name)}' is no parameter of this call; there are {string.Join(", ", Known)}.");
            if (values.Count > 1 && known is not ("state" or "kind"))
                return Wrong(known, $"{known} is given {values.Count} times; give it once.");
            var text = values[^1] ?? "";
            switch (known)
            {
                case "repo":
                    if (!RepoRef.TryParse(text.Contains(':', StringComparison.Ordinal) ? text : $"{usual}:{text}", out var repo))
                        return Wrong(known, $"repo is '{ApiText.Shown(text)}'; write it as owner/name, or with its forge as github:owner/name or gitlab:group/name.");
                    query = query with { Repo = repo };
                    break;
                case "state":
                    if (Names<TaskState>(known, values, out var states) is { } noState)
                        return Wrong(known, noState);
                    query = query with { States = states };
                    break;
                case "kind":
                    if (Names<TaskKind>(known, values, out var kinds) is { } noKind)
                        return Wrong(known, noKind);
                    query = query with { Kinds = kinds };
                    break;
                case "requestedBy":
                    if (text.Length is 0 or > MaxLoginLength)
                        return Wrong(known, $"requestedBy is a login, or the name of an API key as rest-api:NAME, of 1 to {MaxLoginLength} characters.");
                    query = query with { RequestedBy = text };
                    break;
                case "updatedAfter":
                    if (!DateTimeOffset.TryParseExact(text, Moments, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment))
                        return Wrong(known, $"updatedAfter is '{ApiText.Shown(text)}'; write it as 2026-11-22T10:00:00Z, or with an offset whose '+' is sent as %2B.");
                    query = query with { UpdatedAfter = moment };
                    break;
                case "after":
                    if (Place(text) is not { } place)
                        return Wrong(known, "after is the mark of a page's end, as the header Link of the page before has it; leave it out for the first page.");
                    query = query with { After = place };
                    break;
                case "limit":
                    if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) || limit is < 1 or > MaxLimit)
                        return Wrong(known, $"limit is '{ApiText.Shown(text)}'; it is a number from 1 to {MaxLimit}.");
                    query = query with { Limit = limit };
                    break;
            }
        }

        return (query, null);
    }

    /// <summary>Describes the query.</summary>
    public static RouteHandlerBuilder TakesListQuery(this RouteHandlerBuilder call) => call
        .Takes(ParameterLocation.Query, "repo", "Only of this repository: `owner/name`, or with its forge.")
        .Takes(ParameterLocation.Query, "state", "Only in one of these states.", AnyOf<TaskState>())
        .Takes(ParameterLocation.Query, "kind", "Only of one of these kinds.", AnyOf<TaskKind>())
        .Takes(ParameterLocation.Query, "requestedBy", "Only what this login asked for, or the holder of an API key as `rest-api:NAME`.", new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = MaxLoginLength })
        .Takes(ParameterLocation.Query, "updatedAfter", "Only what changed since: a date, or a moment such as `2026-11-22T10:00:00Z`.")
        .Takes(ParameterLocation.Query, "after", "Mark of a page's end, from `Link` of the page before.")
        .Takes(ParameterLocation.Query, "limit", "At most so many; 200 when absent.", new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = $"{MaxLimit}" });

    /// <summary>The query of the page after the one that ends with a task.</summary>
    public static QueryString Next(IQueryCollection parameters, TaskSummary last)
    {
        var (at, id) = TaskPlace.Of(last);
        var mark = WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes($"{at.ToUnixTimeMilliseconds()} {id}"));
        return new QueryBuilder(parameters.Where(p => !p.Key.Equals("after", StringComparison.OrdinalIgnoreCase))) { { "after", mark } }.ToQueryString();
    }

    private static TaskPlace? Place(string mark)
    {
        try
        {
            var text = Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(mark));
            var blank = text.IndexOf(' ', StringComparison.Ordinal);
            return blank > 0 && long.TryParse(text[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var at) && TaskId.TryParse(text[(blank + 1)..], out _)
                ? new TaskPlace(DateTimeOffset.FromUnixTimeMilliseconds(at), text[(blank + 1)..])
                : null;
        }
        catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    // By name alone: the framework's parser would also take numbers and lists.
    private static string? Names<T>(string parameter, StringValues values, out IReadOnlyList<T> found)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>();
        found = [];
        foreach (var value in values)
        {
            if (!names.Contains(value, StringComparer.OrdinalIgnoreCase))
                return $"{parameter} is '{ApiText.Shown(value ?? "")}'; it is one of {string.Join(", ", names)}, and may be given several times.";
            found = [.. found, Enum.Parse<T>(value!, ignoreCase: true)];
        }

        return null;
    }

    private static OpenApiSchema AnyOf<T>()
        where T : struct, Enum => new() { Type = JsonSchemaType.Array, Items = ApiDescription.OneOf(Enum.GetNames<T>()) };

    private static (TaskQuery?, Problem?) Wrong(string parameter, string detail) => (null, new(parameter, detail));

    /// <summary>What is wrong with a query.</summary>
    /// <param name="Parameter">With which parameter.</param>
    /// <param name="Detail">What, in a line.</param>
    internal sealed record Problem(string Parameter, string Detail);
}
