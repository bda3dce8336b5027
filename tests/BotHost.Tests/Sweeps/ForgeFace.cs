using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CodingAgent.Forges;
using CodingAgent.Forges.GitHub;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Forges.GitLab;
using CodingAgent.Forges.GitLab.Webhooks;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Playground.LocalForge;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.BotHost.Tests.Sweeps;

/// <summary>One of LocalForge's faces: what people do there, and what the product brings for it.</summary>
internal abstract class ForgeFace(string api, HttpClient http)
{
    protected const string Secret = "a word between the two";

    public static ForgeFace Of(ForgeKind kind, LocalForgeServer server, HttpClient http) => kind == ForgeKind.GitHub ? new GitHub(server, http) : new GitLab(server, http);

    public abstract IForgeWebhook Webhook { get; }

    public abstract IForge NewForge(TimeProvider time, string token = "token-bot");

    public abstract void Send(Uri receiver);

    public abstract Task<int> OpenIssueAsync(string login, string title);

    public abstract Task LabelAsync(string login, int issue, string label, bool isOn);

    /// <summary>Assigns the bot, or nobody.</summary>
    public abstract Task AssignAsync(string login, int issue, bool isOn);

    public abstract Task<long> CommentAsync(string login, Subject on, string body);

    public abstract Task EditCommentAsync(string login, Subject on, long id, string body);

    public abstract Task DeleteCommentAsync(string login, Subject on, long id);

    /// <summary>Asks for changes; how the verdict is known afterwards.</summary>
    public abstract Task<long> RequestChangesAsync(string login, int pull, string body);

    public abstract Task SetOpenAsync(string login, Subject on, bool isOpen);

    public abstract Task MergeAsync(string login, int pull);

    protected async Task<JsonNode> CallAsync(string login, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, api + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "token-" + login);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{method} {path} by {login} -> {(int)response.StatusCode} {text}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    private sealed class GitHub(LocalForgeServer server, HttpClient http) : ForgeFace(server.ApiUrl + "/repos/acme/shop", http)
    {
        public override IForgeWebhook Webhook => new GitHubWebhook(new WebhookSecrets([Secret], []));

        public override IForge NewForge(TimeProvider time, string token = "token-bot") =>
            new GitHubForge(new GitHubOptions { ApiUrl = new Uri(server.ApiUrl) }, new PersonalTokenSource(token), time, NullLogger<GitHubForge>.Instance);

        public override void Send(Uri receiver) => server.AddWebhook(receiver, Secret);

        public override async Task<int> OpenIssueAsync(string login, string title) => (int)(await CallAsync(login, HttpMethod.Post, "/issues", new { title, body = "Please." }))["number"]!;

        public override Task LabelAsync(string login, int issue, string label, bool isOn) => isOn
            ? CallAsync(login, HttpMethod.Post, $"/issues/{issue}/labels", new { labels = new[] { label } })
            : CallAsync(login, HttpMethod.Delete, $"/issues/{issue}/labels/{label}");

        public override Task AssignAsync(string login, int issue, bool isOn) => CallAsync(login, HttpMethod.Patch, $"/issues/{issue}", new { assignees = isOn ? (string[])["bot"] : [] });

        public override async Task<long> CommentAsync(string login, Subject on, string body) => (long)(await CallAsync(login, HttpMethod.Post, $"/issues/{on.Number}/comments", new { body }))["id"]!;

        public override Task EditCommentAsync(string login, Subject on, long id, string body) => CallAsync(login, HttpMethod.Patch, $"/issues/comments/{id}", new { body });

        public override Task DeleteCommentAsync(string login, Subject on, long id) => CallAsync(login, HttpMethod.Delete, $"/issues/comments/{id}");

        public override async Task<long> RequestChangesAsync(string login, int pull, string body) =>
            (long)(await CallAsync(login, HttpMethod.Post, $"/pulls/{pull}/reviews", new { body, @event = "REQUEST_CHANGES" }))["id"]!;

        public override Task SetOpenAsync(string login, Subject on, bool isOpen) => CallAsync(login, HttpMethod.Patch, $"/{(on.IsPull ? "pulls" : "issues")}/{on.Number}", new { state = isOpen ? "open" : "closed" });

        public override Task MergeAsync(string login, int pull) => CallAsync(login, HttpMethod.Put, $"/pulls/{pull}/merge", new { });
    }

    private sealed class GitLab(LocalForgeServer server, HttpClient http) : ForgeFace(server.GitLabApiUrl + "/projects/acme%2Fshop", http)
    {
        public override IForgeWebhook Webhook => new GitLabWebhook(new WebhookSecrets([Secret], []));

        public override IForge NewForge(TimeProvider time, string token = "token-bot") =>
            new GitLabForge(new GitLabOptions { Url = new Uri(server.BaseUrl) }, new GitLabTokenSource(token), time, NullLogger<GitLabForge>.Instance);

        public override void Send(Uri receiver) => server.AddGitLabWebhook("acme", "shop", receiver, Secret);

        public override async Task<int> OpenIssueAsync(string login, string title) => (int)(await CallAsync(login, HttpMethod.Post, "/issues", new { title, description = "Please." }))["iid"]!;

        public override Task LabelAsync(string login, int issue, string label, bool isOn) =>
            CallAsync(login, HttpMethod.Put, On(Subject.Issue(issue)), isOn ? new { add_labels = label } : (object)new { remove_labels = label });

        public override async Task AssignAsync(string login, int issue, bool isOn)
        {
            var bot = (await CallAsync(login, HttpMethod.Get, "/members/all")).AsArray().Single(m => (string)m!["username"]! == "bot")!["id"];
            await CallAsync(login, HttpMethod.Put, On(Subject.Issue(issue)), new { assignee_ids = isOn ? (long[])[(long)bot!] : [0] });
        }

        public override async Task<long> CommentAsync(string login, Subject on, string body) => (long)(await CallAsync(login, HttpMethod.Post, $"{On(on)}/notes", new { body }))["id"]!;

        public override Task EditCommentAsync(string login, Subject on, long id, string body) => CallAsync(login, HttpMethod.Put, $"{On(on)}/notes/{id}", new { body });

        public override Task DeleteCommentAsync(string login, Subject on, long id) => CallAsync(login, HttpMethod.Delete, $"{On(on)}/notes/{id}");

        // No event tells it; the note of GitLab's own is its number.
        public override async Task<long> RequestChangesAsync(string login, int pull, string body)
        {
            var me = (await CallAsync(login, HttpMethod.Get, "/members/all")).AsArray().Single(m => (string)m!["username"]! == login)!["id"];
            await CallAsync(login, HttpMethod.Put, On(Subject.Pull(pull)), new { reviewer_ids = new[] { (long)me! } });
            server.RequestChanges("acme", "shop", pull, login);
            return (await CallAsync(login, HttpMethod.Get, $"{On(Subject.Pull(pull))}/notes?per_page=100&sort=asc")).AsArray().Where(n => (string)n!["body"]! == "requested changes").Max(n => (long)n!["id"]!);
        }

        public override Task SetOpenAsync(string login, Subject on, bool isOpen) => CallAsync(login, HttpMethod.Put, On(on), new { state_event = isOpen ? "reopen" : "close" });

        public override Task MergeAsync(string login, int pull) => CallAsync(login, HttpMethod.Put, $"{On(Subject.Pull(pull))}/merge", new { });

        private static string On(Subject on) => $"/{(on.IsPull ? "merge_requests" : "issues")}/{on.Number}";
    }
}
