using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;
using GraphQLParser;
using GraphQLParser.AST;
using GraphQLParser.Exceptions;
using Microsoft.AspNetCore.Http;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>
/// The two operations of GitLab's GraphQL that REST has no equal for: who edited a note last, and asking for changes. Its address is also
/// that of a GitHub Enterprise Server, so what comes there is told apart by what it says.
/// </summary>
internal sealed partial class GitLabGraphQl(World world, Actions actions)
{
    /// <summary>Where both forges have it.</summary>
    public const string Address = "/api/graphql";

    private const string Inside = "/api/v4/-/graphql";

    public void Map(GitLabRoutes routes) => routes.GraphQl(Inside, Run);

    /// <summary>Sends what speaks GitLab's language to this face.</summary>
    public static async Task TellApartAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Path == Inside)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (http.Request.Path == Address && HttpMethods.IsPost(http.Request.Method))
        {
            http.Request.EnableBuffering();
            using var reader = new StreamReader(http.Request.Body, Encoding.UTF8, leaveOpen: true);
            var body = await reader.ReadToEndAsync(http.RequestAborted);
            http.Request.Body.Position = 0;
            if (http.Request.Headers.ContainsKey("PRIVATE-TOKEN") || IsGitLabs(body))
                http.Request.Path = Inside;
        }

        await next(http);
    }

    // By the fields that are asked for first: what a text or a variable says does not count.
    private static bool IsGitLabs(string body)
    {
        try
        {
            return JsonNode.Parse(body)?["query"]?.ToString() is { } query && Parser.Parse(query).Definitions.OfType<GraphQLOperationDefinition>()
                .SelectMany(o => o.SelectionSet.Selections.OfType<GraphQLField>()).Select(f => f.Name.StringValue)
                .Any(name => name is "note" or "currentUser" or "project" or "group" || name.StartsWith("mergeRequest", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or GraphQLParserException)
        {
            return false;
        }
    }

    private Answer Run(GitLabCall call)
    {
        var query = call.Parameters.Text("query") ?? "";
        var variables = call.Parameters.Inner("variables") ?? new GitLabParameters([]);
        if (RequestChangesCall().IsMatch(query))
            return RequestChanges(call, query, variables);
        if (NoteCall().Match(query) is { Success: true } note)
            return Edit(call, note.Groups["text"].Success ? note.Groups["text"].Value : variables.Text(note.Groups["name"].Value) ?? "");
        return Error(
            FirstField().Match(query) is { Success: true } field ? $"Field '{field.Groups["name"].Value}' doesn't exist on type 'Query'" : "Parse error on query",
            "undefinedField");
    }

    // What one may not see is null, and no error.
    private Answer Edit(GitLabCall call, string id)
    {
        const string Prefix = "gid://gitlab/";
        if (!id.StartsWith(Prefix, StringComparison.Ordinal))
            return Error($"Invalid global ID: {id}", "argumentLiteralsIncompatible");
        var number = id[(id.LastIndexOf('/') + 1)..];
        var note = world.Repos.Where(r => r.AccessOf(call.AccountOrNone) >= RepoAccess.Read)
            .SelectMany(r => r.Issues).SelectMany(Note.AllOf)
            .FirstOrDefault(n => $"{n.Id}" == number && (!n.IsInternal || n.On.Repo.LevelOf(call.AccountOrNone) >= GitLabCall.Planner)
                && (!n.On.IsConfidential || n.On.Author == call.AccountOrNone || n.On.Repo.LevelOf(call.AccountOrNone) >= GitLabCall.Planner));
        return Data("note", note is null ? null : new JsonObject
        {
            ["id"] = id,
            ["lastEditedAt"] = note.Edit is { } edit ? edit.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) : null,
            ["lastEditedBy"] = note.Edit is { } by
                ? new JsonObject { ["id"] = $"{Prefix}User/{by.By.Id}", ["username"] = by.By.Login, ["bot"] = by.By.Kind == AccountKind.Bot }
                : null,
        });
    }

    private Answer RequestChanges(GitLabCall call, string query, GitLabParameters variables)
    {
        if (call.AccountOrNone is not { } me || !me.MayWrite)
            return Error("The resource that you are attempting to access does not exist or you don't have permission to perform this action", null);
        var input = variables.Inner("input") ?? variables;
        string Of(string field) => Argument(query, field, variables) ?? input.Text(field) ?? "";
        var (path, iid) = (Of("projectPath"), Of("iid"));
        var slash = path.LastIndexOf('/');
        var issue = slash < 0 ? null : world.FindRepo(path[..slash], path[(slash + 1)..])?.Pulls.FirstOrDefault(i => $"{i.Iid}" == iid);
        if (issue is null || issue.Repo.AccessOf(me) < RepoAccess.Read)
            return Error("The resource that you are attempting to access does not exist or you don't have permission to perform this action", null);
        var errors = new JsonArray();
        if (issue.Pull!.Reviewers.Exists(r => r.Account == me))
            actions.RequestChanges(issue, me);
        else
            errors.Add("Reviewer not found");
        return Data("mergeRequestRequestChanges", new JsonObject
        {
            ["errors"] = errors,
            ["mergeRequest"] = new JsonObject { ["id"] = $"gid://gitlab/MergeRequest/{issue.Pull.Id}", ["iid"] = iid },
        });
    }

    private static string? Argument(string query, string field, GitLabParameters variables)
    {
        var match = Regex.Match(query, field + @"\s*:\s*(""(?<text>[^""]*)""|\$(?<name>\w+))", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
        return match.Groups["text"].Success ? match.Groups["text"].Value : match.Groups["name"].Success ? variables.Text(match.Groups["name"].Value) : null;
    }

    private static Answer Data(string field, JsonNode? value) => Answer.Ok(new JsonObject { ["data"] = new JsonObject { [field] = value } });

    private static Answer Error(string message, string? code)
    {
        var error = new JsonObject { ["message"] = message, ["locations"] = new JsonArray(new JsonObject { ["line"] = 1, ["column"] = 1 }), ["path"] = new JsonArray("query") };
        if (code is not null)
            error["extensions"] = new JsonObject { ["code"] = code };
        return Answer.Ok(new JsonObject { ["errors"] = new JsonArray(error) });
    }

    [GeneratedRegex(@"\bmergeRequestRequestChanges\s*\(", RegexOptions.CultureInvariant)]
    private static partial Regex RequestChangesCall();

    [GeneratedRegex(@"\bnote\s*\(\s*id\s*:\s*(""(?<text>[^""]*)""|\$(?<name>\w+))", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex NoteCall();

    [GeneratedRegex(@"\{\s*(?<name>\w+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex FirstField();
}
