using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Forges.Events;
using CodingAgent.Forges.GitLab.Webhooks;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Forges.Tests.GitLab;

public sealed class GitLabWebhookMapperTests
{
    private static readonly RepoRef Repo = new(ForgeKind.GitLab, "acme/pay", "shop");
    private static readonly Actor Ada = new("ada", 7, ActorKind.User);
    private static readonly PullHead Head = new("agent/one", "c0ffee", Repo);

    [Fact]
    public void Issue_LabelsChanged_AreOneEventEach()
    {
        var mapped = Map("issue_hook", Issue("update", """{"labels":{"previous":[{"title":"bug"},{"title":"old"}],"current":[{"title":"bug"},{"title":"agent:implement"}]}}"""));
        var digest = CodingAgent.Forges.Issue.DigestOf("Retries", "Please");
        mapped.ShouldBe([
            new ForgeEvent.Labeled("d1", Repo, Ada, 12, false, "agent:implement") { IssueDigest = digest },
            new ForgeEvent.Unlabeled("d1.2", Repo, Ada, 12, false, "old"),
        ]);
    }

    [Theory]
    // Listed, and the same: GitLab lists what was sent, changed or not.
    [InlineData("""{"labels":{"previous":[{"title":"bug"}],"current":[{"title":"bug"}]}}""")]
    [InlineData("""{"labels":{"previous":[{"title":"a"},{"title":"b"}],"current":[{"title":"b"},{"title":"a"}]}}""")]
    [InlineData("""{"updated_at":{"previous":"x","current":"y"}}""")]
    [InlineData("""{"labels":null}""")]
    [InlineData("{}")]
    public void Issue_NothingOfInterestChanged_IsIgnored(string changes) => One("issue_hook", Issue("update", changes)).ShouldBeOfType<MappedDelivery.Ignored>();

    [Fact]
    public void Issue_OpenedWithLabels_IsBoth()
    {
        var body = Issue("open", "{}");
        body["labels"] = JsonNode.Parse("""[{"title":"agent:fix"}]""");
        Map("issue_hook", body).Select(e => e.GetType().Name).ShouldBe(["IssueOpened", "Labeled"]);
    }

    [Fact]
    public void Issue_AssigneesChanged_AreOneEventEach()
    {
        const string ada = """{"id":7,"username":"ada"}""", bot = """{"id":3,"username":"project_1_bot_a1b2"}""";
        var mapped = Map("issue_hook", Issue("update", Assignees(ada, bot)));
        mapped.ShouldBe([
            new ForgeEvent.Assigned("d1", Repo, Ada, 12, new Actor("project_1_bot_a1b2", 3, ActorKind.Bot)) { IssueDigest = CodingAgent.Forges.Issue.DigestOf("Retries", "Please") },
            new ForgeEvent.Unassigned("d1.2", Repo, Ada, 12, Ada),
        ]);
        One("issue_hook", Issue("update", Assignees($"{ada},{bot}", $"{bot},{ada}"))).ShouldBeOfType<MappedDelivery.Ignored>();
        var opened = Issue("open", "{}");
        opened["assignees"] = JsonNode.Parse($"[{bot}]");
        Map("issue_hook", opened).Select(e => e.GetType().Name).ShouldBe(["IssueOpened", "Assigned"]);

        static string Assignees(string before, string after) => $$$"""{"assignees":{"previous":[{{{before}}}],"current":[{{{after}}}]}}""";
    }

    [Theory]
    [InlineData("close", false)]
    [InlineData("reopen", true)]
    public void Issue_ClosedOrReopened_IsItsState(string action, bool isOpen) =>
        Map("issue_hook", Issue(action, "{}")).ShouldBe([new ForgeEvent.IssueStateChanged("d1", Repo, Ada, 12, isOpen)]);

    [Fact]
    public void Issue_Confidential_IsIgnored()
    {
        var body = Issue("open", "{}");
        body["object_attributes"]!["confidential"] = true;
        One("issue_hook", body).ShouldBeOfType<MappedDelivery.Ignored>().Reason.ShouldContain("confidential");
    }

    [Fact]
    public void Note_OnAnIssue_IsAComment() => Map("note_hook", Note("Issue")).ShouldBe([
        new ForgeEvent.Commented("d1", Repo, Ada, 12, false, 99, "/agent implement", DateTimeOffset.Parse("2026-11-22T12:00:00Z"))]);

    [Fact]
    public void Note_Updated_IsAnEditAtItsTime()
    {
        var body = Note("Issue");
        body["object_attributes"]!["action"] = "update";
        var edit = (ForgeEvent.Commented)Map("note_hook", body).Single();
        (edit.IsEdit, edit.WrittenAt).ShouldBe((true, DateTimeOffset.Parse("2026-11-22T12:05:00Z")));
        // Versions that do not say which it is.
        body["object_attributes"]!.AsObject().Remove("action");
        Map("note_hook", body).Single().IsEdit.ShouldBeTrue();
        body["object_attributes"]!["updated_at"] = "2026-11-22 12:00:00 UTC";
        Map("note_hook", body).Single().IsEdit.ShouldBeFalse();
    }

    [Fact]
    public void Note_OnAMergeRequest_MayComeWithAVerdict()
    {
        var onPull = Map("note_hook", Note("MergeRequest"));
        onPull.ShouldBe([
            new ForgeEvent.Commented("d1", Repo, Ada, 3, true, 99, "/agent implement", DateTimeOffset.Parse("2026-11-22T12:00:00Z")),
            new ForgeEvent.VerdictsChanged("d1.2", Repo, Ada, 3, Head),
        ]);
        var body = Note("MergeRequest");
        body["object_attributes"]!["position"] = JsonNode.Parse("""{"new_line":2}""");
        Map("note_hook", body)[0].ShouldBe(new ForgeEvent.ReviewCommented("d1", Repo, Ada, 3, Head, 99, null, null, "/agent implement", DateTimeOffset.Parse("2026-11-22T12:00:00Z")));
    }

    [Theory]
    [InlineData("system")]
    [InlineData("internal")]
    [InlineData("confidential")]
    public void Note_OfGitLabsOwnOrForMembers_IsIgnored(string flag)
    {
        var body = Note("Issue");
        body["object_attributes"]![flag] = true;
        One("note_hook", body).ShouldBeOfType<MappedDelivery.Ignored>();
    }

    [Fact]
    public void Note_OnAConfidentialIssue_IsIgnored()
    {
        var body = Note("Issue");
        body["issue"]!["confidential"] = true;
        One("note_hook", body).ShouldBeOfType<MappedDelivery.Ignored>();
    }

    [Theory]
    [InlineData("Commit")]
    [InlineData("Snippet")]
    [InlineData("<script>")]
    public void Note_OnSomethingElse_IsIgnored(string type) => One("note_hook", Note(type)).ShouldBeOfType<MappedDelivery.Ignored>().Reason.ShouldNotContain("<");

    [Theory]
    [InlineData("open", PullChange.Opened)]
    [InlineData("close", PullChange.Closed)]
    [InlineData("merge", PullChange.Merged)]
    [InlineData("reopen", PullChange.Reopened)]
    public void MergeRequest_ChangesItsState(string action, PullChange change) =>
        Map("merge_request_hook", MergeRequest(action, "{}"))[0].ShouldBe(new ForgeEvent.PullChanged("d1", Repo, Ada, 3, Head, change));

    [Fact]
    public void MergeRequest_PushedLabelledAndMadeReadyInOne_IsEachOfIt()
    {
        var body = MergeRequest("update", """{"draft":{"previous":true,"current":false},"labels":{"previous":[],"current":[{"title":"agent:working"}]}}""");
        body["object_attributes"]!["oldrev"] = "0123";
        Map("merge_request_hook", body).Select(e => e is ForgeEvent.PullChanged p ? $"{p.Change}" : e.GetType().Name).ShouldBe(["Synchronized", "ReadyForReview", "Labeled", "VerdictsChanged"]);
    }

    [Theory]
    [InlineData("""{"title":{"previous":"Draft: A","current":"A"}}""", "ReadyForReview")]
    [InlineData("""{"title":{"previous":"A","current":"[Draft] A"}}""", "ConvertedToDraft")]
    [InlineData("""{"title":{"previous":"Draft: A","current":"(draft) B"}}""", null)]
    [InlineData("""{"title":{"previous":"A","current":"Drafting"}}""", null)]
    public void MergeRequest_OfAnOlderVersion_SaysItsDraftStateByItsTitle(string changes, string? expected) =>
        Map("merge_request_hook", MergeRequest("update", changes)).OfType<ForgeEvent.PullChanged>().Select(p => $"{p.Change}").ShouldBe(expected is null ? [] : [expected]);

    [Theory]
    [InlineData("approved")]
    [InlineData("unapproved")]
    [InlineData("approval")]
    [InlineData("unapproval")]
    public void MergeRequest_Approvals_AreReadBack(string action) =>
        Map("merge_request_hook", MergeRequest(action, "{}")).ShouldHaveSingleItem().ShouldBeOfType<ForgeEvent.VerdictsChanged>();

    [Fact]
    public void MergeRequest_OfAForkThatIsGone_HasNoHeadRepository()
    {
        var body = MergeRequest("close", "{}");
        body["object_attributes"]!["source"] = null;
        ((ForgeEvent.PullChanged)Map("merge_request_hook", body)[0]).Head.Repo.ShouldBeNull();
    }

    [Theory]
    [InlineData("success", true)]
    [InlineData("failed", true)]
    [InlineData("canceled", true)]
    [InlineData("manual", true)]
    [InlineData("running", false)]
    [InlineData("waiting_for_resource", false)]
    public void Pipeline_IsCiOnItsCommitAndNamesItsMergeRequest(string status, bool isOver)
    {
        var body = Base();
        body["object_attributes"] = JsonNode.Parse($$"""{"id":5,"sha":"abc","ref":"refs/merge-requests/3/merge","status":"{{status}}"}""");
        body["merge_request"] = JsonNode.Parse("""{"id":1,"iid":3}""");
        var ci = Map("pipeline_hook", body).ShouldHaveSingleItem().ShouldBeOfType<ForgeEvent.CiChanged>();
        (ci.HeadSha, ci.IsCompleted).ShouldBe(("abc", isOver));
        ci.Pulls.ShouldBe([3]);
    }

    [Theory]
    [InlineData("project_12_bot", ActorKind.Bot)]
    [InlineData("project_12_bot_ab12cd", ActorKind.Bot)]
    [InlineData("group_9_bot2", ActorKind.Bot)]
    [InlineData("service_account_group_9_ab12", ActorKind.Bot)]
    [InlineData("ghost", ActorKind.Other)]
    [InlineData("project_bot", ActorKind.User)]
    [InlineData("robot", ActorKind.User)]
    public void Actor_OfATokenOrService_IsABot(string name, ActorKind kind)
    {
        var body = Issue("close", "{}");
        body["user"]!["username"] = name;
        Map("issue_hook", body)[0].Actor.Kind.ShouldBe(kind);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"project":{"path_with_namespace":"shop"}}""")]
    [InlineData("""{"project":{"path_with_namespace":"../x"}}""")]
    [InlineData("""{"project":{"path_with_namespace":"a/b"},"user":{"username":"ada"},"object_attributes":{"iid":0}}""")]
    [InlineData("""{"project":{"path_with_namespace":"a/b"},"user":[],"object_attributes":{"iid":4}}""")]
    [InlineData("""{"project":{"path_with_namespace":"a/b","path_with_namespace":"c/d"}}""")]
    public void Map_WithoutWhatTheEventHas_IsUnreadableAndQuotesNothing(string body) =>
        GitLabWebhookMapper.Map("d1", "issue_hook", Encoding.UTF8.GetBytes(body)).ShouldBeOfType<MappedDelivery.Unreadable>().Reason.ShouldNotContain("ada");

    [Fact]
    public void Map_TextThatIsNotUtf8_IsUnreadable()
    {
        var body = Encoding.UTF8.GetBytes(Issue("close", "{}").ToJsonString());
        body[Encoding.UTF8.GetString(body).IndexOf("ada", StringComparison.Ordinal)] = 0xFF;
        GitLabWebhookMapper.Map("d1", "issue_hook", body).ShouldBeOfType<MappedDelivery.Unreadable>();
    }

    [Fact]
    public void Map_AnythingMadeOfADelivery_IsSomethingAndThrowsNothing()
    {
        var names = new[] { "issue_hook", "note_hook", "merge_request_hook", "pipeline_hook", "job_hook" };
        var bodies = new[] { Issue("update", """{"labels":{"previous":[],"current":[{"title":"x"}]}}"""), Note("Issue"), Note("MergeRequest"), MergeRequest("update", "{}") }.Select(b => b.ToJsonString()).ToArray();
        Prop.ForAll(Gen.Elements(names).Zip(Gen.Elements(bodies)).Zip(Gen.Choose(0, 400).Zip(Gen.Elements("null", "[]", "{}", "\"\"", "-1", "1e99", "true", "\"\\ud800\""))).ToArbitrary(), t =>
        {
            var ((name, body), (place, value)) = t;
            // A value of the body is another one.
            var root = JsonNode.Parse(body)!;
            var leaves = Leaves(root).ToList();
            var leaf = leaves[place % leaves.Count];
            var text = leaf.Parent is JsonObject parent ? Replaced(root, parent, leaf.GetPropertyName(), value) : body;
            return GitLabWebhookMapper.Map("d1", name, Encoding.UTF8.GetBytes(text)) is not null;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    private static string Replaced(JsonNode root, JsonObject parent, string name, string value)
    {
        const string Mark = "@@mark@@";
        parent[name] = Mark;
        return root.ToJsonString().Replace($"\"{Mark}\"", value, StringComparison.Ordinal);
    }

    private static IEnumerable<JsonNode> Leaves(JsonNode node) => node switch
    {
        JsonObject map => map.Select(p => p.Value).OfType<JsonNode>().SelectMany(v => Leaves(v).Append(v)),
        JsonArray list => list.OfType<JsonNode>().SelectMany(Leaves),
        _ => [],
    };

    private static JsonObject Base() => JsonNode.Parse("""{"user":{"id":7,"username":"ada","name":"Ada"},"project":{"id":1,"path_with_namespace":"acme/pay/shop"}}""")!.AsObject();

    private static JsonObject Issue(string action, string changes)
    {
        var body = Base();
        body["object_attributes"] = new JsonObject { ["id"] = 1012, ["iid"] = 12, ["action"] = action, ["title"] = "Retries", ["description"] = "Please", ["confidential"] = false };
        body["changes"] = JsonNode.Parse(changes);
        return body;
    }

    private static JsonObject Note(string type)
    {
        var body = Base();
        body["object_attributes"] = JsonNode.Parse($$"""
            {"id":99,"note":"/agent implement","noteable_type":"{{type}}","author_id":7,"system":false,"action":"create","position":null,
             "created_at":"2026-11-22 12:00:00 UTC","updated_at":"2026-11-22 12:05:00 UTC"}
            """);
        body["issue"] = JsonNode.Parse("""{"id":1012,"iid":12,"confidential":false}""");
        body["merge_request"] = JsonNode.Parse("""{"id":55,"iid":3,"source_branch":"agent/one","last_commit":{"id":"c0ffee"},"source":{"path_with_namespace":"acme/pay/shop"}}""");
        return body;
    }

    private static JsonObject MergeRequest(string action, string changes)
    {
        var body = Base();
        body["object_attributes"] = JsonNode.Parse($$"""
            {"id":55,"iid":3,"action":"{{action}}","title":"T","source_branch":"agent/one","last_commit":{"id":"c0ffee"},"source":{"path_with_namespace":"acme/pay/shop"} }
            """);
        body["changes"] = JsonNode.Parse(changes);
        return body;
    }

    private static MappedDelivery One(string name, JsonObject body) => GitLabWebhookMapper.Map("d1", name, Encoding.UTF8.GetBytes(body.ToJsonString()));

    private static IReadOnlyList<ForgeEvent> Map(string name, JsonObject body) => One(name, body).ShouldBeOfType<MappedDelivery.Event>() is var e ? [e.Value, .. e.Also] : [];
}
