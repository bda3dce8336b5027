using System.Collections.Concurrent;
using System.Net;
using CodingAgent.BotHost.Tests.GitHub;
using CodingAgent.Storage;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Tests.Api;

/// <summary>What each role may do, and what becomes of keys that no longer count.</summary>
public sealed class ApiRoleTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _log = WebhookHost.NewLog();
    private ApiHost _api = null!;

    public async Task InitializeAsync() => _api = await ApiHost.StartAsync(log: new WebhookHost.Collector(_log));

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Theory]
    [InlineData(ApiRole.Viewer, false)]
    [InlineData(ApiRole.Operator, true)]
    [InlineData(ApiRole.Admin, true)]
    public async Task Key_OfARole_SeesAndActsAsItMay(ApiRole role, bool mayAct)
    {
        var key = (await _api.Keys.CreateAsync("somebody", role, null, default))!;
        var id = TaskId.ForIssue(ApiHost.Repo, 12);
        await _api.CreateAsync(new { repo = "octo/hello", ticketUrl = "https://forge.test/Octo/Hello/issues/12" });
        await _api.ProjectAsync(id, TaskState.AwaitingApproval);
        var before = _api.Gateway.Calls.Count;

        (await _api.GetAsync("/tasks", key)).Status.ShouldBe(HttpStatusCode.OK);
        (await _api.GetAsync(ApiHost.PathOf(id), key)).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var (path, body) in new[] { ("/tasks", """{ "repo": "octo/hello", "goal": "g" }"""), ($"{ApiHost.PathOf(id)}/signals/approve", "{}"), ($"{ApiHost.PathOf(id)}/signals/stop", "{}") })
        {
            var reply = await _api.PostAsync(path, body, key);
            reply.Status.ShouldBe(mayAct ? HttpStatusCode.Accepted : HttpStatusCode.Forbidden, path);
            if (!mayAct)
                reply.Line.ShouldContain("role viewer");
        }

        (_api.Gateway.Calls.Count - before).ShouldBe(mayAct ? 3 : 0);
    }

    [Fact]
    public async Task Key_ThatActs_IsNamedInWhatItAsksFor()
    {
        var key = (await _api.Keys.CreateAsync("pipeline", ApiRole.Operator, null, default))!;
        await _api.PostAsync("/tasks", """{ "repo": "octo/hello", "goal": "g" }""", key);
        _api.Gateway.Inputs.ShouldHaveSingleItem().RequestedBy.Login.ShouldBe("rest-api:pipeline");
        await _api.PostAsync("/tasks", """{ "repo": "octo/hello", "goal": "h" }""");
        _api.Gateway.Inputs.Last().RequestedBy.Login.ShouldBe("rest-api");
    }

    [Fact]
    public async Task Key_RevokedOrExpired_IsRefusedAtOnceAndLoggedWithItsAddress()
    {
        var revoked = (await _api.Keys.CreateAsync("left", ApiRole.Admin, null, default))!;
        var expired = (await _api.Keys.CreateAsync("old", ApiRole.Admin, TimeProvider.System.GetUtcNow().AddMinutes(-1), default))!;
        (await _api.GetAsync("/tasks", revoked)).Status.ShouldBe(HttpStatusCode.OK);
        await _api.Keys.RevokeAsync("left", default);

        foreach (var (key, says) in new[] { (revoked, "key left is revoked"), (expired, "key old has expired"), ("cak_" + new string('0', 77), "is not known"), ("guess", "is not known") })
        {
            var reply = await _api.GetAsync("/tasks", key);
            reply.Status.ShouldBe(HttpStatusCode.Unauthorized);
            reply.Line.ShouldContain("Authorization: Bearer KEY");
            _log.ShouldContain(line => line.Contains(says, StringComparison.Ordinal) && line.Contains("127.0.0.1", StringComparison.Ordinal));
        }

        var secret = revoked[^64..];
        _log.ShouldNotContain(line => line.Contains(secret, StringComparison.Ordinal) || line.Contains("guess", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Key_NotBearer_IsNone()
    {
        (await _api.GetAsync("/tasks", "")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await _api.GetAsync("/tasks", null)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        _log.ShouldNotContain(line => line.Contains("was refused", StringComparison.Ordinal));
    }
}
