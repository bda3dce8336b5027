using System.Text;
using CodingAgent.Forges.Events;
using CodingAgent.Forges.GitHub.Webhooks;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Forges.Tests.Webhooks;

public sealed class GitHubWebhookMapperTests
{
    private static readonly RepoRef Repo = RepoRef.Parse("github:octo/hello");

    [Fact]
    public void Map_CommentOnPullRequest_CarriesNoHead()
    {
        var mapped = Map("issue_comment", """
            {"action":"created","issue":{"number":7,"pull_request":{"url":"x"}},"comment":{"id":99,"body":"/agent fix","created_at":"2026-11-22T10:00:00Z"},
             "repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"mona","id":5,"type":"User"}}
            """);
        mapped.ShouldBe(new MappedDelivery.Event(new ForgeEvent.Commented(
            "d1", Repo, new Actor("mona", 5, ActorKind.User), 7, true, 99, "/agent fix", DateTimeOffset.Parse("2026-11-22T10:00:00Z"))));
    }

    [Theory]
    [InlineData("issues", "labeled")]
    [InlineData("issue_comment", "created")]
    public void Map_IssueWithText_CarriesTheDigestOfWhatWasRead(string name, string action)
    {
        var e = Map(name, $$"""
            {"action":"{{action}}","issue":{"number":7,"title":"Retry","body":"a\r\nb"},"label":{"name":"agent:implement"},
             "comment":{"id":99,"body":"/agent implement","created_at":"2026-11-22T10:00:00Z"},
             "repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"mona","id":5,"type":"User"} }
            """).ShouldBeOfType<MappedDelivery.Event>().Value;
        ((e as ForgeEvent.Labeled)?.IssueDigest ?? (e as ForgeEvent.Commented)?.IssueDigest).ShouldBe(Issue.DigestOf("Retry", "a\nb"));
    }

    [Fact]
    public void Map_CommentDeleted_IsIgnored() =>
        Map("issue_comment", """
            {"action":"deleted","issue":{"number":7},"comment":{"id":99,"body":"/agent fix","created_at":"2026-11-22T10:00:00Z"},
             "repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"mona","id":5,"type":"User"} }
            """).ShouldBeOfType<MappedDelivery.Ignored>().Reason.ShouldContain("deleted");

    [Theory]
    [InlineData("issue_comment", "\"comment\":{\"id\":99,\"body\":\"/agent fix\",\"created_at\":\"2026-11-22T10:00:00Z\",\"user\":{\"login\":\"mona\",\"id\":5,\"type\":\"User\"}}")]
    [InlineData("pull_request_review_comment", "\"comment\":{\"id\":99,\"body\":\"/agent fix\",\"created_at\":\"2026-11-22T10:00:00Z\",\"user\":{\"login\":\"mona\",\"id\":5,\"type\":\"User\"}}")]
    [InlineData("pull_request_review", "\"review\":{\"id\":99,\"body\":\"/agent fix\",\"state\":\"commented\",\"submitted_at\":\"2026-11-22T10:00:00Z\",\"user\":{\"login\":\"mona\",\"id\":5,\"type\":\"User\"}}")]
    public void Map_TextEdited_IsItsAuthorsWhoeverEditedIt(string name, string member)
    {
        var e = Map(name, $$"""
            {"action":"edited","issue":{"number":7},"pull_request":{"number":7,"head":{"ref":"r","sha":"s","repo":null} },{{member}},
             "changes":{"body":{"from":"hm"} },"repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"owner","id":6,"type":"User"} }
            """).ShouldBeOfType<MappedDelivery.Event>().Value;
        (e.IsEdit, e.Actor, e.EditedBy).ShouldBe((true, new Actor("mona", 5, ActorKind.User), null));
    }

    [Fact]
    public void Map_PullOfDeletedFork_HasNoHeadRepository()
    {
        var mapped = Map("pull_request", """
            {"action":"closed","pull_request":{"number":7,"merged":false,"head":{"ref":"agent/x","sha":"abc","repo":null},"base":{"ref":"main"}},
             "repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"dependabot[bot]","id":5,"type":"Bot"}}
            """).ShouldBeOfType<MappedDelivery.Event>().Value.ShouldBeOfType<ForgeEvent.PullChanged>();
        mapped.Head.Repo.ShouldBeNull();
        mapped.Change.ShouldBe(PullChange.Closed);
        mapped.Actor.Kind.ShouldBe(ActorKind.Bot);
    }

    [Fact]
    public void Map_CheckRun_NamesOnlyPullsOfItsRepository()
    {
        var ci = Map("check_run", """
            {"action":"completed","check_run":{"name":"build","head_sha":"abc","pull_requests":[{"number":1,"base":{"repo":{"id":1}}},{"number":2,"base":{"repo":{"id":2}}}]},
             "repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"github-actions[bot]","id":5,"type":"Bot"}}
            """).ShouldBeOfType<MappedDelivery.Event>().Value.ShouldBeOfType<ForgeEvent.CiChanged>();
        ci.Pulls.ShouldBe([1]);
        ci.IsCompleted.ShouldBeTrue();
    }

    [Theory]
    [InlineData("pending", false)]
    [InlineData("success", true)]
    [InlineData("failure", true)]
    [InlineData("error", true)]
    public void Map_Status_IsCompletedUnlessPending(string state, bool completed) =>
        Map("status", $$"""
            {"sha":"abc","context":"ci/x","state":"{{state}}","repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"m","id":5,"type":"User"} }
            """).ShouldBeOfType<MappedDelivery.Event>().Value.ShouldBeOfType<ForgeEvent.CiChanged>().IsCompleted.ShouldBe(completed);

    [Theory]
    [InlineData("ping", "{}")]
    [InlineData("installation", "{}")]
    [InlineData("no_such_event", "not even JSON")]
    public void Map_EventWeDoNotUse_IsIgnored(string name, string body) => Map(name, body).ShouldBeOfType<MappedDelivery.Ignored>();

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"repository":{"full_name":"../../etc"}}""")]
    [InlineData("""{"action":"labeled","repository":{"full_name":"octo/hello"},"sender":{"login":"m"}}""")]
    [InlineData("""{"action":"labeled","repository":{"full_name":"octo/hello"},"sender":{"login":"m"},"issue":{"number":-1}}""")]
    [InlineData("""{"action":"labeled","repository":{"full_name":"octo/hello"},"sender":{"login":"m"},"issue":{"number":1}}""")]
    [InlineData("""{"action":"labeled","repository":{"full_name":"octo/hello"},"issue":{"number":1},"label":{"name":"x"}}""")]
    [InlineData("""{"action":"labeled","repository":{"full_name":"octo/hello"},"sender":{"login":"\ud800"},"issue":{"number":1},"label":{"name":"x"}}""")]
    public void Map_BodyWithoutWhatTheEventHas_IsUnreadable(string body) => Map("issues", body).ShouldBeOfType<MappedDelivery.Unreadable>();

    [Theory]
    [InlineData("issues", "stacked")]
    [InlineData("issue_comment", "pinned")]
    [InlineData("pull_request", "stacked")]
    [InlineData("pull_request_review", "dismissed")]
    [InlineData("check_run", "invented yesterday\\n<!-- -->")]
    public void Map_ActionThatNobodyKnows_IsIgnoredWhateverElseIsInIt(string name, string action) =>
        Map(name, $$"""{"action":"{{action}}","issue":7,"repository":null,"sender":[] }""").ShouldBeOfType<MappedDelivery.Ignored>()
            .Reason.ShouldMatch(@"^[a-z_.?]+: nothing to act on$");

    [Fact]
    public void Map_OddButReal_IsReadAllTheSame()
    {
        // Null where the package demands a value, more than it can hold, and words it does not know, all in what is not mapped.
        Map("issues", """
            {"action":"labeled","issue":{"id":99999999999999999999,"number":7,"title":"T","body":null,"user":null,"created_at":null,"state":"gone","labels":null},
             "label":{"id":null,"name":"agent:implement"},"repository":{"id":1,"full_name":"octo/hello","owner":null,"visibility":7},
             "sender":{"login":"corp","id":4294967296,"type":"Enterprise"},"installation":[],"organization":"x"}
            """).ShouldBeOfType<MappedDelivery.Event>().Value.ShouldBe(
            new ForgeEvent.Labeled("d1", Repo, new Actor("corp", 4294967296, ActorKind.Other), 7, false, "agent:implement") { IssueDigest = Issue.DigestOf("T", "") });
        Map("check_run", """
            {"action":"created","check_run":{"name":"build","head_sha":"abc","status":"queued","started_at":null,"pull_requests":null,"output":null},
             "repository":{"id":1,"full_name":"octo/hello"},"sender":null}
            """).ShouldBeOfType<MappedDelivery.Event>().Value.ShouldBeOfType<ForgeEvent.CiChanged>().Actor.Login.ShouldBe("ghost");
        Map("pull_request_review_comment", """
            {"action":"created","comment":{"id":9007199254740993,"pull_request_review_id":null,"in_reply_to_id":null,"body":"b","created_at":"2026-11-22T10:00:00Z"},
             "pull_request":{"number":7,"head":{"ref":"r","sha":"s","repo":null}},
             "repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"mona","id":5,"type":"User"} }
            """).ShouldBeOfType<MappedDelivery.Event>().Value.ShouldBeOfType<ForgeEvent.ReviewCommented>().ShouldSatisfyAllConditions(
            e => e.CommentId.ShouldBe(9007199254740993), e => e.ReviewId.ShouldBeNull(), e => e.InReplyToId.ShouldBeNull());
    }

    [Theory]
    [InlineData("{\"action\":\"created\",\"comment\":{\"id\":99999999999999999999}}", "$.comment.id")]
    [InlineData("{\"action\":\"created\",\"issue\":{\"number\":1,\"number\":2}}", "$")]
    [InlineData("{\"action\":\"created\",\"issue\":{\"number\":1},\"issue\":{\"number\":2}}", "$")]
    [InlineData("{\"action\":\"created\",\"issue\":{\"title\":\"\\ud800\"}}", "$.issue.title")]
    [InlineData("{\"action\":\"created\",\"comment\":{\"created_at\":\"hunter2\"}}", "FormatException")]
    [InlineData("{\"action\":\"created\",\"hunter2 hunter2\":{", "($)")]
    [InlineData("\uFEFF{\"action\":\"created\"}", "($)")]
    [InlineData("{\"action\":7}", "lacks action")]
    [InlineData("{\"issue\":{\"action\":\"created\"}}", "lacks action")]
    public void Map_BodyThatCannotBeRead_IsUnreadableWhereAndWithoutQuotingIt(string body, string where)
    {
        var reason = Map("issue_comment", body).ShouldBeOfType<MappedDelivery.Unreadable>().Reason;
        reason.ShouldContain(where);
        reason.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Map_InvalidUtf8OrTooDeep_IsUnreadable()
    {
        byte[] invalid = [.. "{\"action\":\"created\",\"issue\":{\"number\":1,\"title\":\""u8, 0xff, .. "\"}}"u8];
        GitHubWebhookMapper.Map("d1", "issue_comment", invalid).ShouldBeOfType<MappedDelivery.Unreadable>();
        Map("issue_comment", "{\"action\":\"created\",\"x\":" + new string('[', 100_000)).ShouldBeOfType<MappedDelivery.Unreadable>();
    }

    [ExamplesFact]
    public void Map_EveryExample_MapsOrIsIgnoredWithAReason()
    {
        WebhookExamples.All.Count.ShouldBeGreaterThan(300);
        foreach (var example in WebhookExamples.All)
        {
            var mapped = GitHubWebhookMapper.Map("d1", example.EventName, example.Body);
            switch (mapped)
            {
                case MappedDelivery.Event { Value: var e }:
                    e.DeliveryId.ShouldBe("d1");
                    break;
                case MappedDelivery.Ignored { Reason: var reason }:
                    reason.ShouldNotBeNullOrWhiteSpace();
                    break;
                default:
                    Assert.Fail($"{example.Source} {example.EventName}.{example.Action}: {mapped}");
                    break;
            }
        }
    }

    [ExamplesFact]
    public void Map_ExamplesOfActionsWeUse_BecomeTheirEvents()
    {
        Expect<ForgeEvent.Labeled>("issues", "labeled");
        Expect<ForgeEvent.Labeled>("pull_request", "labeled");
        Expect<ForgeEvent.Unlabeled>("issues", "unlabeled");
        Expect<ForgeEvent.Unlabeled>("pull_request", "unlabeled");
        Expect<ForgeEvent.Assigned>("issues", "assigned");
        Expect<ForgeEvent.Unassigned>("issues", "unassigned");
        Expect<ForgeEvent.IssueOpened>("issues", "opened");
        Expect<ForgeEvent.IssueStateChanged>("issues", "reopened");
        Expect<ForgeEvent.IssueStateChanged>("issues", "deleted");
        Expect<ForgeEvent.Commented>("issue_comment", "created", "edited");
        Expect<ForgeEvent.PullChanged>("pull_request", "opened", "synchronize", "closed", "reopened", "ready_for_review", "converted_to_draft");
        Expect<ForgeEvent.ReviewSubmitted>("pull_request_review", "submitted");
        Expect<ForgeEvent.ReviewCommented>("pull_request_review_comment", "created", "edited");
        Expect<ForgeEvent.CiChanged>("check_run", "created", "completed", "rerequested");
        Expect<ForgeEvent.CiChanged>("check_suite", "requested", "completed", "rerequested");
        Expect<ForgeEvent.CiChanged>("workflow_run", "requested", "completed");
        Expect<ForgeEvent.CiChanged>("status");

        foreach (var name in (string[])["ping", "installation", "installation_repositories", "push", "workflow_job"])
            WebhookExamples.Of(name).ShouldAllBe(e => GitHubWebhookMapper.Map("d1", e.EventName, e.Body) is MappedDelivery.Ignored);
    }

    [ExamplesFact]
    public void Map_MutatedExamples_NeverThrow()
    {
        var used = WebhookExamples.All.Where(e => GitHubWebhookMapper.Handles(e.EventName) && e.Source == "api.github.com").ToList();
        var mutation =
            from example in Gen.Elements(used.AsEnumerable())
            from edits in Gen.Zip(Gen.Choose(0, example.Body.Length - 1), Gen.Elements(Junk)).ListOf(3)
            select (example.EventName, Body: edits.Aggregate(example.Body, (body, edit) => Splice(body, edit.Item1, edit.Item2)));
        Prop.ForAll(mutation.ToArbitrary(), m => GitHubWebhookMapper.Map("d1", m.EventName, m.Body) is not null)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void Map_ValuesOfTheWrongType_NeverThrow()
    {
        var value = Gen.Elements(
            "null", "1", "-1", "1e400", "99999999999999999999", "\"x\"", "\"\\ud800\"", "[]", "{}", "true", "\"2026-99-99T00:00:00Z\"", "{\"id\":{}}",
            "{\"number\":3,\"id\":4,\"full_name\":\"a/b\",\"login\":\"c\",\"name\":\"n\",\"head_sha\":\"s\",\"head\":{\"ref\":\"r\",\"sha\":\"s\"}}");
        var body =
            from name in Gen.Elements("issues", "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment", "check_run", "status")
            from action in Gen.Elements("\"created\"", "\"submitted\"", "\"labeled\"", "\"closed\"", "\"completed\"", "7", "null")
            from parts in Gen.Elements("repository", "sender", "issue", "comment", "review", "pull_request", "label", "check_run", "sha", "state", "context")
                .SelectMany(key => value.Select(v => $"\"{key}\":{v}")).ListOf(8)
            select (name, Json: $"{{\"action\":{action},{string.Join(',', parts)}}}");
        Prop.ForAll(body.ToArbitrary(), b => Map(b.name, b.Json) is not null).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static readonly byte[][] Junk =
        [.. ((string[])["", "null", "0", "\"", "{", "}", "[", "]", ",", ":", "\\ud800", "\\", "true", "-", "1e999"]).Select(Encoding.UTF8.GetBytes), [0xff], [0]];

    private static byte[] Splice(byte[] body, int at, byte[] junk) => [.. body.AsSpan(0, Math.Min(at, body.Length)), .. junk, .. body.AsSpan(Math.Min(at + 1, body.Length))];

    private static MappedDelivery Map(string name, string body) => GitHubWebhookMapper.Map("d1", name, Encoding.UTF8.GetBytes(body));

    private static void Expect<T>(string eventName, params string?[] actions)
        where T : ForgeEvent
    {
        foreach (var action in actions.DefaultIfEmpty(null))
        {
            var examples = WebhookExamples.Of(eventName).Where(e => e.Action == action).ToList();
            examples.ShouldNotBeEmpty($"{eventName}.{action}");
            examples.ShouldAllBe(e => ((MappedDelivery.Event)GitHubWebhookMapper.Map("d1", e.EventName, e.Body)).Value is T, $"{eventName}.{action}");
        }
    }
}
