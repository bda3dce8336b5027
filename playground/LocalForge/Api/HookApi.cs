using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Hooks;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Webhooks and their deliveries: at the paths where a GitHub App finds its own, and where a repository's administrators find them.</summary>
internal sealed class HookApi(Webhooks hooks, Shapes shapes)
{
    private IEnumerable<WebhookDelivery> Deliveries => hooks.Deliveries.Where(d => d.Trigger is null);

    public void Map(ApiRoutes routes)
    {
        routes.Get("/app/hook/config", c =>
        {
            c.RequireSomebody();
            return Answer.Ok(hooks.All.LastOrDefault(h => h.GitLab is null) is { } last ? Config(last) : new JsonObject { ["url"] = "", ["content_type"] = "form", ["insecure_ssl"] = "0" });
        });
        routes.Get("/app/hook/deliveries", c => c.RequireSomebody().Page(Deliveries.Reverse(), Shape));
        routes.Get("/app/hook/deliveries/{id:long}", c =>
        {
            c.RequireSomebody();
            var delivery = Deliveries.FirstOrDefault(d => d.Id == c.Id) ?? throw ApiProblem.NotFound();
            var json = Shape(delivery);
            json["request"] = new JsonObject { ["headers"] = new JsonObject { ["X-GitHub-Event"] = delivery.Event, ["X-GitHub-Delivery"] = delivery.Guid }, ["payload"] = JsonNode.Parse(delivery.Payload) };
            json["response"] = new JsonObject { ["headers"] = new JsonObject(), ["payload"] = null };
            return Answer.Ok(json);
        });
        const string repo = "/repos/{owner}/{repo}/hooks";
        routes.Get(repo, c => Administrated(c).Page(hooks.All.Where(h => h.GitLab is null), h => Shape(h, $"{shapes.Api(c.Repo)}/hooks/{h.Id}")));
        routes.Get(repo + "/{id:long}/deliveries", c => Administrated(c).Page(Deliveries.Reverse().Where(d => d.HookId == c.Id), Shape));
        routes.Post("/app/hook/deliveries/{id:long}/attempts", c => Redeliver(c.RequireSomebody()));
        routes.Post(repo + "/{hook:long}/deliveries/{id:long}/attempts", c => Redeliver(Administrated(c)));
    }

    private Answer Redeliver(ApiCall call) => hooks.Redeliver(call.Id) ? new Answer(202, new JsonObject()) : throw ApiProblem.NotFound();

    // To everybody else they are not there.
    private static ApiCall Administrated(ApiCall call) => call.Repo.AccessOf(call.Account) >= RepoAccess.Admin ? call : throw ApiProblem.NotFound();

    private static JsonObject Shape(Hook hook, string self) => new()
    {
        ["type"] = "Repository",
        ["id"] = hook.Id,
        ["name"] = "web",
        ["active"] = true,
        ["events"] = new JsonArray("*"),
        ["config"] = Config(hook),
        ["url"] = self,
        ["test_url"] = self + "/test",
        ["ping_url"] = self + "/pings",
        ["deliveries_url"] = self + "/deliveries",
        ["last_response"] = new JsonObject { ["code"] = null, ["status"] = "unused", ["message"] = null },
        ["created_at"] = Shapes.Stamp(hook.CreatedAt),
        ["updated_at"] = Shapes.Stamp(hook.CreatedAt),
    };

    private static JsonObject Config(Hook hook) =>
        new() { ["url"] = hook.Url.ToString(), ["content_type"] = "json", ["insecure_ssl"] = "0", ["secret"] = hook.Secret.Length > 0 ? "********" : null };

    private static JsonObject Shape(WebhookDelivery delivery) => new()
    {
        ["id"] = delivery.Id,
        ["guid"] = delivery.Guid,
        ["delivered_at"] = Shapes.Stamp(delivery.DeliveredAt ?? delivery.CreatedAt),
        ["duration"] = 0,
        ["redelivery"] = delivery.Attempts > 1,
        ["status"] = delivery.StatusCode is >= 200 and < 300 ? "OK" : delivery.StatusCode != 0 ? $"Invalid HTTP Response: {delivery.StatusCode}" : delivery.Attempts > 0 ? "failed to connect to host" : "pending",
        ["status_code"] = delivery.StatusCode,
        ["event"] = delivery.Event,
        ["action"] = delivery.Action,
        ["installation_id"] = null,
        ["repository_id"] = null,
    };
}
