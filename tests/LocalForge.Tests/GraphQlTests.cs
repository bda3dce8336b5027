using System.Text.Json.Nodes;

namespace CodingAgent.LocalForge.Tests;

public sealed class GraphQlTests(Playground forge) : IClassFixture<Playground>
{
    [Theory]
    [InlineData("{ viewer { nope } }", "query/viewer/nope", "User", "nope")]
    [InlineData("query Who { me: viewer { ... on User { nope: also } } }", "query Who/me/... on User/nope", "User", "also")]
    [InlineData("query { viewer { ...names } } fragment names on User { login nope }", "fragment names/nope", "User", "nope")]
    [InlineData("mutation { nope(input: { a: 1 }) { b } }", "mutation/nope", "Mutation", "nope")]
    [InlineData("{ search(query: \"x\", type: ISSUE, first: 1) { issueCount } }", "query/search", "Query", "search")]
    public async Task Field_Unknown_IsRefusedAsGitHubDoes(string query, string path, string type, string field)
    {
        var answer = await AskAsync("ada", query);
        answer.ContainsKey("data").ShouldBeFalse();
        var error = answer["errors"]!.AsArray().Single(e => e!["extensions"] is not null)!;
        ((string?)error["message"]).ShouldBe($"Field '{field}' doesn't exist on type '{type}'");
        string.Join('/', error["path"]!.AsArray().Select(p => (string?)p)).ShouldBe(path);
        error["extensions"]!.ToJsonString().ShouldBe($$"""{"code":"undefinedField","typeName":"{{type}}","fieldName":"{{field}}"}""");
        ((int)error["locations"]![0]!["line"]!).ShouldBe(1);
    }

    [Fact]
    public async Task Number_OfNothing_IsNullWithAnErrorThatSaysWhere()
    {
        var answer = await AskAsync("ada", """query { repository(owner: "acme", name: "shop") { name pullRequest(number: 999) { id } } }""");
        answer["data"]!.ToJsonString().ShouldBe("""{"repository":{"name":"shop","pullRequest":null}}""");
        var error = answer["errors"]![0]!;
        ((string?)error["type"], (string?)error["message"], error["path"]!.ToJsonString())
            .ShouldBe(("NOT_FOUND", "Could not resolve to a PullRequest with the number of 999.", """["repository","pullRequest"]"""));
    }

    [Fact]
    public async Task Repository_Private_IsNotThereForStrangers()
    {
        await forge.Forge.CreateRepositoryAsync("ada", "hidden", null, isPrivate: true);
        var issue = await forge.PostAsync("ada", "/repos/ada/hidden/issues", new { title = "Secret plan" });
        const string query = """query($id: ID!) { repository(owner: "ada", name: "hidden") { name } node(id: $id) { id } }""";
        (await AskAsync("ada", query, new { id = (string?)issue["node_id"] }))["data"]!["repository"]!["name"]!.ToString().ShouldBe("hidden");
        var answer = await AskAsync("eve", query, new { id = (string?)issue["node_id"] });
        answer["data"]!.ToJsonString().ShouldBe("""{"repository":null,"node":null}""");
        answer.ToJsonString().ShouldNotContain("Secret");
        answer["errors"]!.AsArray().Select(e => (string?)e!["type"]).ShouldBe(["NOT_FOUND", "NOT_FOUND"]);
    }

    [Theory]
    [InlineData("{ viewer {")]
    [InlineData("viewer }")]
    [InlineData("query($n: Int!) { repository(owner: \"acme\", name: \"shop\") { issue(number: $n) { id } } }")]
    [InlineData("query { repository(owner: \"acme\") { id } }")]
    [InlineData("query A { viewer { id } } query B { viewer { id } }")]
    [InlineData("query { viewer { ...f } } fragment f on User { ...f }")]
    [InlineData("query { viewer }")]
    public async Task Query_ThatIsNone_IsAnErrorAndNothingElse(string query)
    {
        var answer = await AskAsync("ada", query);
        answer["errors"]!.AsArray().ShouldNotBeEmpty();
        answer["data"].ShouldBeNull();
    }

    [Fact]
    public async Task Comments_OnPages_AreAllThereOnce()
    {
        var number = (int)(await forge.PostAsync("ada", Playground.Repo + "/issues", new { title = "Long" }))["number"]!;
        for (var i = 0; i < 5; i++)
            await forge.PostAsync("ada", $"{Playground.Repo}/issues/{number}/comments", new { body = $"c{i}" });
        const string query = """
            query($n: Int!, $after: String) { repository(owner: "acme", name: "shop") { issue(number: $n) {
              comments(first: 2, after: $after) { totalCount nodes { body } pageInfo { hasNextPage endCursor } } } } }
            """;
        var bodies = new List<string>();
        string? after = null;
        do
        {
            var page = (await AskAsync("ada", query, new { n = number, after }))["data"]!["repository"]!["issue"]!["comments"]!;
            ((int)page["totalCount"]!).ShouldBe(5);
            bodies.AddRange(page["nodes"]!.AsArray().Select(n => (string)n!["body"]!));
            after = (bool)page["pageInfo"]!["hasNextPage"]! ? (string?)page["pageInfo"]!["endCursor"] : null;
        }
        while (after is not null);
        bodies.ShouldBe(["c0", "c1", "c2", "c3", "c4"]);
        var last = (await AskAsync("ada", query.Replace("first: 2, after: $after", "last: 1", StringComparison.Ordinal).Replace(", $after: String", "", StringComparison.Ordinal), new { n = number }))["data"]!["repository"]!["issue"]!["comments"]!;
        last["nodes"]!.AsArray().Select(n => (string)n!["body"]!).ShouldBe(["c4"]);
        (await AskAsync("ada", query.Replace("first: 2", "first: 101", StringComparison.Ordinal), new { n = number }))["errors"]![0]!["type"]!.ToString().ShouldBe("EXCESSIVE_PAGINATION");
    }

    [Fact]
    public async Task Mutation_WithClientMutationId_GetsItBackAndIsRefusedToReaders()
    {
        var pull = await forge.GetAsync("bot", $"{Playground.Repo}/pulls/{await forge.OpenPullAsync("bot", "mutated")}");
        const string query = "mutation($input: MergePullRequestInput!) { mergePullRequest(input: $input) { clientMutationId pullRequest { state mergeCommit { oid } } } }";
        var refused = await AskAsync("eve", query, new { input = new { pullRequestId = (string?)pull["node_id"] } });
        ((string?)refused["errors"]![0]!["type"]).ShouldBe("FORBIDDEN");
        refused["data"]!.ToJsonString().ShouldBe("""{"mergePullRequest":null}""");
        ((string?)(await AskAsync("ada", query, new { input = new { pullRequestId = (string?)pull["node_id"], expectedHeadOid = new string('0', 40) } }))["errors"]![0]!["type"]).ShouldBe("UNPROCESSABLE");
        var merged = (await AskAsync("ada", query, new { input = new { pullRequestId = (string?)pull["node_id"], clientMutationId = "mine" } }))["data"]!["mergePullRequest"]!;
        ((string?)merged["clientMutationId"], (string?)merged["pullRequest"]!["state"]).ShouldBe(("mine", "MERGED"));
        ((string?)merged["pullRequest"]!["mergeCommit"]!["oid"]).ShouldBe((string?)(await forge.GetAsync("ada", Playground.Repo + "/git/ref/heads/main"))["object"]!["sha"]);
    }

    private async Task<JsonObject> AskAsync(string login, string query, object? variables = null) => (await forge.PostAsync(login, "/graphql", new { query, variables = variables ?? new { } })).AsObject();
}
