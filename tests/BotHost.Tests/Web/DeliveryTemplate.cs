namespace CodingAgent.BotHost.Tests.Web;

/// <summary>A delivery as a forge writes it, reduced to what is read: <c>§n</c> stands for the number, <c>§i</c> for an id of its own.</summary>
/// <param name="IsGitLab">Whose it is.</param>
/// <param name="Event">What the header says.</param>
/// <param name="What">What the forge has on record when it is true.</param>
/// <param name="OnOwned">Whether it is about what a running task owns.</param>
/// <param name="IsPull">Whether it is about a pull request.</param>
/// <param name="Words">Text or label that it is about.</param>
/// <param name="Json">The body.</param>
internal sealed record DeliveryTemplate(bool IsGitLab, string Event, DeliveryTemplate.Recorded What, bool OnOwned, bool IsPull, string Words, string Json)
{
    private const string Tail = """ "repository":{"id":7,"full_name":"octo/hello"},"sender":{"login":"mona","id":1,"type":"User"},"installation":{"id":5},"organization":{"login":"octo"},"n":§i} """;
    private const string Head = """ "user":{"id":1,"username":"mona"},"project":{"id":7,"path_with_namespace":"octo/hello"},"n":§i """;
    private const string Pull = """ "pull_request":{"number":§n,"merged":false,"head":{"ref":"agent/x","sha":"headsha","repo":{"id":7,"full_name":"octo/hello"}},"base":{"ref":"main"}} """;
    private const string Request = """ "iid":§n,"source_branch":"agent/x","last_commit":{"id":"headsha"},"source":{"path_with_namespace":"octo/hello"} """;

    public enum Recorded
    {
        Nothing,
        Comment,
        LineComment,
        Review,
        Label,
        LabelOff,
        Closed,
    }

    /// <summary>One of each kind that means something.</summary>
    public static IReadOnlyList<DeliveryTemplate> All { get; } =
    [
        GitHub("issues", Recorded.Label, false, false, "agent:implement", """{"action":"labeled","issue":{"number":§n,"title":"title","body":""},"label":{"name":"agent:implement"},"""),
        GitHub("issues", Recorded.LabelOff, true, false, "agent:implement", """{"action":"unlabeled","issue":{"number":§n},"label":{"name":"agent:implement"},"""),
        GitHub("issues", Recorded.Nothing, false, false, "", """{"action":"opened","issue":{"number":§n,"title":"title","body":"@coding-agent-bot /agent implement"},"""),
        GitHub("issues", Recorded.Closed, true, false, "", """{"action":"closed","issue":{"number":§n},"""),
        GitHub("issue_comment", Recorded.Comment, false, false, "/agent implement", """{"action":"created","issue":{"number":§n,"title":"title","body":""},"comment":{"id":§i,"body":"/agent implement","created_at":"2026-11-22T10:00:00Z","user":{"login":"mona","id":1,"type":"User"}},"""),
        GitHub("issue_comment", Recorded.Comment, true, false, "/agent stop", """{"action":"created","issue":{"number":§n},"comment":{"id":§i,"body":"/agent stop","created_at":"2026-11-22T10:00:00Z"},"""),
        GitHub("issue_comment", Recorded.Comment, true, false, "@coding-agent-bot shorter", """{"action":"created","issue":{"number":§n},"comment":{"id":§i,"body":"@coding-agent-bot shorter","created_at":"2026-11-22T10:00:00Z"},"""),
        GitHub("issue_comment", Recorded.Comment, true, false, "/agent retry", """{"action":"edited","issue":{"number":§n},"comment":{"id":§i,"body":"/agent retry","created_at":"2026-11-22T10:00:00Z","user":{"login":"mona","id":1,"type":"User"}},"changes":{"body":{"from":"hm"}},"""),
        GitHub("issue_comment", Recorded.Comment, false, true, "/agent fix", """{"action":"created","issue":{"number":§n,"pull_request":{"url":"x"}},"comment":{"id":§i,"body":"/agent fix","created_at":"2026-11-22T10:00:00Z"},"""),
        GitHub("pull_request", Recorded.Closed, true, true, "", $$"""{"action":"closed",{{Pull}},"""),
        GitHub("pull_request", Recorded.Nothing, true, true, "", $$"""{"action":"synchronize",{{Pull}},"""),
        GitHub("pull_request", Recorded.Label, false, true, "agent:fix", $$"""{"action":"labeled",{{Pull}},"label":{"name":"agent:fix"},"""),
        GitHub("pull_request_review", Recorded.Review, true, true, "shorter", $$$"""{"action":"submitted",{{{Pull}}},"review":{"id":§i,"body":"shorter","state":"changes_requested","submitted_at":"2026-11-22T10:00:00Z","user":{"login":"mona","id":1,"type":"User"}},"""),
        GitHub("pull_request_review_comment", Recorded.LineComment, true, true, "/agent stop", $$"""{"action":"created",{{Pull}},"comment":{"id":§i,"body":"/agent stop","created_at":"2026-11-22T10:00:00Z","pull_request_review_id":null},"""),
        GitHub("check_run", Recorded.Nothing, true, true, "", """{"action":"completed","check_run":{"name":"build","head_sha":"headsha§n","pull_requests":[{"number":§n,"base":{"repo":{"id":7}}}]},"""),
        GitHub("check_suite", Recorded.Nothing, true, true, "", """{"action":"completed","check_suite":{"head_sha":"headsha§n","app":{"name":"ci"},"pull_requests":[]},"""),
        GitHub("workflow_run", Recorded.Nothing, true, true, "", """{"action":"completed","workflow_run":{"name":"ci","head_sha":"headsha§n","pull_requests":[{"number":§n,"base":{"repo":{"id":7}}}]},"""),
        GitHub("status", Recorded.Nothing, true, true, "", """{"sha":"headsha§n","state":"success","context":"ci","""),
        GitHub("ping", Recorded.Nothing, false, false, "", """{"zen":"z","hook":{"type":"App","events":["issues"]},"""),
        GitLab("Issue Hook", Recorded.Label, false, false, "agent:implement", """{"object_attributes":{"iid":§n,"action":"update","title":"title","description":"","confidential":false},"changes":{"labels":{"previous":[{"title":"bug"}],"current":[{"title":"bug"},{"title":"agent:implement"}]}},"""),
        GitLab("Issue Hook", Recorded.LabelOff, true, false, "agent:implement", """{"object_attributes":{"iid":§n,"action":"update","title":"title","description":""},"changes":{"labels":{"previous":[{"title":"agent:implement"}],"current":[]}},"""),
        GitLab("Issue Hook", Recorded.Closed, true, false, "", """{"object_attributes":{"iid":§n,"action":"close"},"changes":{},"""),
        GitLab("Issue Hook", Recorded.Nothing, false, false, "", """{"object_attributes":{"iid":§n,"action":"open","title":"title","description":"@coding-agent-bot please"},"labels":[{"title":"agent:fix"}],"""),
        GitLab("Note Hook", Recorded.Comment, false, false, "/agent implement", """{"object_attributes":{"id":§i,"note":"/agent implement","noteable_type":"Issue","action":"create","created_at":"2026-11-22 10:00:00 UTC","updated_at":"2026-11-22 10:00:00 UTC","system":false,"internal":false},"issue":{"iid":§n},"""),
        GitLab("Note Hook", Recorded.Comment, true, false, "/agent stop", """{"object_attributes":{"id":§i,"note":"/agent stop","noteable_type":"Issue","action":"create","created_at":"2026-11-22T10:00:00Z","updated_at":"2026-11-22T10:00:00Z"},"issue":{"iid":§n},"""),
        GitLab("Note Hook", Recorded.Comment, true, true, "@coding-agent-bot shorter", $$$"""{"object_attributes":{"id":§i,"note":"@coding-agent-bot shorter","noteable_type":"MergeRequest","action":"create","created_at":"2026-11-22T10:00:00Z"},"merge_request":{{{{Request}}}},"""),
        GitLab("Note Hook", Recorded.LineComment, true, true, "/agent stop", $$$"""{"object_attributes":{"id":§i,"note":"/agent stop","noteable_type":"MergeRequest","action":"create","created_at":"2026-11-22T10:00:00Z","position":{"new_line":2}},"merge_request":{{{{Request}}}},"""),
        GitLab("Merge Request Hook", Recorded.Closed, true, true, "", $$$"""{"object_attributes":{{{{Request}}},"action":"close"},"""),
        GitLab("Merge Request Hook", Recorded.Review, true, true, "", $$$"""{"object_attributes":{{{{Request}}},"action":"approved"},"""),
        GitLab("Merge Request Hook", Recorded.Nothing, true, true, "", $$$"""{"object_attributes":{{{{Request}}},"action":"update","oldrev":"0123"},"changes":{"draft":{"previous":true,"current":false},"labels":{"previous":[],"current":[{"title":"bug"}]}},"""),
        GitLab("Pipeline Hook", Recorded.Nothing, true, true, "", """{"object_attributes":{"id":5,"sha":"headsha§n","ref":"x","status":"success"},"merge_request":{"id":1,"iid":§n},"""),
        GitLab("Job Hook", Recorded.Nothing, true, true, "", """{"sha":"headsha§n","build_name":"test","build_status":"failed","""),
    ];

    /// <summary>The body about a number, with an id.</summary>
    public string Write(int number, long id) => Json.Replace("§n", $"{number}", StringComparison.Ordinal).Replace("§i", $"{id}", StringComparison.Ordinal);

    private static DeliveryTemplate GitHub(string name, Recorded what, bool onOwned, bool isPull, string words, string json) => new(false, name, what, onOwned, isPull, words, json + Tail);

    private static DeliveryTemplate GitLab(string name, Recorded what, bool onOwned, bool isPull, string words, string json) => new(true, name, what, onOwned, isPull, words, json + Head + "}");
}
