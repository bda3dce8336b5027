using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Hooks;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>What an app asks as itself: who it is, where it is installed, and tokens for there.</summary>
internal sealed class AppApi(World world, Shapes shapes, Webhooks hooks)
{
    public void Map(ApiRoutes routes)
    {
        routes.Post("/app-manifests/{code}/conversions", Convert);
        routes.Get("/app", c => Answer.Ok(Shape(c.App)));
        routes.Get("/app/installations", c => c.Page(c.App.Installations, Shape));
        routes.Get("/app/installations/{id:long}", c => Answer.Ok(Shape(InstallationOf(c))));
        routes.Post("/app/installations/{id:long}/access_tokens", NewToken);
        routes.Get("/users/{login}/installation", c => Answer.Ok(Shape(c.App.Installations.Find(i => i.Account.Login.Equals(c.Route("login"), StringComparison.OrdinalIgnoreCase)) ?? throw ApiProblem.NotFound())));
        routes.Get("/repos/{owner}/{repo}/installation", c =>
        {
            var repo = world.FindRepo(c.Route("owner"), c.Route("repo"));
            return Answer.Ok(Shape((repo is null ? null : c.App.Installations.Find(i => i.Covers(repo))) ?? throw ApiProblem.NotFound()));
        });
        routes.Get("/installation/repositories", c =>
        {
            var grant = c.Grant ?? throw new ApiProblem(403, "You must authenticate with an installation access token in order to list repositories for an installation.");
            return c.Page(world.Repos.Where(grant.Covers), r => shapes.Repository(r), (page, total) => new JsonObject { ["total_count"] = total, ["repositories"] = page });
        });
    }

    // Needs nobody's token: whoever has the code has been through the page.
    private Answer Convert(ApiCall call)
    {
        if (!world.Apps.Drafts.Remove(call.Route("code"), out var draft) || draft.Ends <= world.Now)
            throw ApiProblem.NotFound();
        using var key = RSA.Create(2048);
        string webhookSecret = RandomNumberGenerator.GetHexString(40, lowercase: true), clientSecret = RandomNumberGenerator.GetHexString(40, lowercase: true);
        var slug = SlugOf(draft.Name);
        var bot = world.AddAccount(slug + "[bot]", RandomNumberGenerator.GetHexString(40), AccountKind.Bot);
        var app = new AppRegistration(world.NextId(), draft.Name, draft.Owner, bot, key.ExportRSAPublicKeyPem(), draft.Permissions, draft.Events);
        world.Apps.All.Add(app);
        if (draft.Callbacks.Count > 0)
            world.OAuth.Applications.Add(new OAuthApplication(app.ClientId, app.Name, clientSecret, draft.Callbacks, IsGitLab: false));
        hooks.Add(draft.HookUrl, webhookSecret);
        var json = Shape(app);
        json["client_secret"] = clientSecret;
        json["webhook_secret"] = webhookSecret;
        json["pem"] = key.ExportRSAPrivateKeyPem();
        return Answer.Created(json);
    }

    /// <summary>How a name is written in addresses.</summary>
    public static string SlugOf(string name) => string.Join('-', new string([.. name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private Answer NewToken(ApiCall call)
    {
        var installation = InstallationOf(call);
        if (installation.SuspendedAt is not null)
            throw new ApiProblem(403, "This installation has been suspended");
        var permissions = installation.Permissions;
        if (call.Body["permissions"] is JsonObject asked)
        {
            permissions = asked.ToDictionary(p => p.Key, p => p.Value?.ToString() ?? "", StringComparer.Ordinal);
            if (permissions.Any(p => p.Value is not ("read" or "write") || !installation.Permissions.TryGetValue(p.Key, out var has) || (p.Value == "write" && has != "write")))
                throw new ApiProblem(422, "The permissions requested are not granted to this installation.");
        }

        var repositories = Narrowed(call, installation);
        var (token, grant) = world.Apps.Grant(installation, repositories, permissions);
        return Answer.Created(new JsonObject
        {
            ["token"] = token,
            ["expires_at"] = Shapes.Stamp(grant.Ends),
            ["permissions"] = Shape(permissions),
            ["repository_selection"] = repositories is null && installation.Selected is null ? "all" : "selected",
        });
    }

    private HashSet<long>? Narrowed(ApiCall call, AppInstallation installation)
    {
        var all = world.Repos.Where(installation.Covers).ToList();
        var named = (call.Body["repositories"] as JsonArray)?.Select(n => all.Find(r => r.Name.Equals(n?.ToString(), StringComparison.OrdinalIgnoreCase))).ToList();
        var numbered = (call.Body["repository_ids"] as JsonArray)?.Select(n => all.Find(r => $"{r.Id}" == n?.ToString())).ToList();
        if (named is null && numbered is null)
            return null;
        var found = (named ?? []).Concat(numbered ?? []).ToList();
        return found.Contains(null)
            ? throw new ApiProblem(422, "There is at least one repository that does not exist or is not accessible to the parent installation.")
            : found.Select(r => r!.Id).ToHashSet();
    }

    private static AppInstallation InstallationOf(ApiCall call) => call.App.Installations.Find(i => i.Id == call.Id) ?? throw ApiProblem.NotFound();

    private JsonObject Shape(AppRegistration app)
    {
        var json = shapes.App(app.Bot);
        json["id"] = app.Id;
        json["client_id"] = app.ClientId;
        json["owner"] = shapes.Account(app.Owner);
        json["name"] = app.Name;
        json["html_url"] = $"{world.BaseUrl}/apps/{app.Bot.AppSlug}";
        json["permissions"] = Shape(app.Permissions);
        json["events"] = new JsonArray([.. app.Events.Select(e => (JsonNode)e)]);
        json["installations_count"] = app.Installations.Count;
        return json;
    }

    public JsonObject Shape(AppInstallation installation) => new()
    {
        ["id"] = installation.Id,
        ["app_id"] = installation.App.Id,
        ["app_slug"] = installation.App.Bot.AppSlug,
        ["account"] = shapes.Account(installation.Account),
        ["repository_selection"] = installation.Selected is null ? "all" : "selected",
        ["permissions"] = Shape(installation.Permissions),
        ["events"] = new JsonArray([.. installation.App.Events.Select(e => (JsonNode)e)]),
        ["html_url"] = $"{world.BaseUrl}/settings/installations/{installation.Id}",
        ["access_tokens_url"] = $"{world.ApiUrl}/app/installations/{installation.Id}/access_tokens",
        ["repositories_url"] = world.ApiUrl + "/installation/repositories",
        ["target_id"] = installation.Account.Id,
        ["target_type"] = installation.Account.TypeName,
        ["single_file_name"] = null,
        ["created_at"] = Shapes.Stamp(installation.CreatedAt),
        ["updated_at"] = Shapes.Stamp(installation.SuspendedAt ?? installation.CreatedAt),
        ["suspended_by"] = installation.SuspendedAt is null ? null : shapes.Account(installation.Account),
        ["suspended_at"] = installation.SuspendedAt is { } at ? Shapes.Stamp(at) : null,
    };

    private static JsonObject Shape(IReadOnlyDictionary<string, string> permissions) => new(permissions.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
}
