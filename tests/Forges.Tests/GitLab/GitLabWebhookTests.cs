using System.Security.Cryptography;
using System.Text;
using CodingAgent.Forges.GitLab.Webhooks;
using CodingAgent.Forges.Webhooks;

namespace CodingAgent.Forges.Tests.GitLab;

public sealed class GitLabWebhookTests
{
    private const string Plain = "the hook's token";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly byte[] Body = """{"object_kind":"issue","project":{"path_with_namespace":"acme/pay/shop"}}"""u8.ToArray();
    private static readonly string Signing = "whsec_" + Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    [Theory]
    [InlineData(Plain, true)]
    [InlineData("the hook's Token", false)]
    [InlineData("the hook's token ", false)]
    [InlineData("x", false)]
    public void Receive_PlainToken_IsTakenWhenItIsTheSecret(string token, bool isTaken) =>
        (Receive(Of(Plain), Headers(token)) is WebhookReceipt.Accepted { EventName: "issue_hook", DeliveryId: "d1" }).ShouldBe(isTaken);

    [Fact]
    public void RefuseUnread_WithoutTokenAndSignature_SaysWhatToEnter()
    {
        var headers = Headers(null);
        Of(Plain).RefuseUnread(headers.GetValueOrDefault)!.ShouldSatisfyAllConditions(
            r => r.Why.ShouldBe(WebhookRefusal.Unauthorized), r => r.Detail.ShouldContain("Forge:GitLab:WebhookSecret"), r => r.Mend.ShouldNotContain("may not be GitLab"));
        Of(Plain).RefuseUnread(_ => null)!.Mend.ShouldContain("may not be GitLab");
    }

    [Fact]
    public void Receive_Signed_IsTakenByAnyOfItsSignatures()
    {
        Receive(Of(Signing), Signed()).ShouldBe(new WebhookReceipt.Accepted("msg_1", "issue_hook"));
        Receive(Of(Signing), Signed(s => $"v1,bm90aGluZw== v2,{s[3..]} {s}")).ShouldBeOfType<WebhookReceipt.Accepted>();
        // While the token is being changed there are two.
        Receive(Of("whsec_" + Convert.ToBase64String(new byte[24]), Signing), Signed()).ShouldBeOfType<WebhookReceipt.Accepted>();
    }

    [Theory]
    [InlineData("another body")]
    [InlineData("another id")]
    [InlineData("another time")]
    [InlineData("another version")]
    [InlineData("no base64")]
    [InlineData("empty")]
    [InlineData("no time")]
    [InlineData("a time that is none")]
    public void Receive_SignedOtherwise_IsRefused(string what)
    {
        var headers = Signed();
        var body = what == "another body" ? [.. Body, (byte)' '] : Body;
        switch (what)
        {
            case "another id": headers["webhook-id"] = "msg_2"; break;
            case "another time": headers["webhook-timestamp"] = $"{Now.ToUnixTimeSeconds() + 1}"; break;
            case "another version": headers["webhook-signature"] = "v2" + headers["webhook-signature"]![2..]; break;
            case "no base64": headers["webhook-signature"] = "v1,***"; break;
            case "empty": headers["webhook-signature"] = "v1,"; break;
            case "no time": headers.Remove("webhook-timestamp"); break;
            case "a time that is none": headers["webhook-timestamp"] = "99999999999999999"; break;
        }

        Of(Signing).Receive(headers.GetValueOrDefault, body, Now).ShouldBeOfType<WebhookReceipt.Refused>().Why.ShouldBe(WebhookRefusal.Unauthorized);
    }

    [Theory]
    [InlineData(-5, true)]
    [InlineData(5, true)]
    [InlineData(-6, false)]
    [InlineData(6, false)]
    public void Receive_SignedForAnotherTime_IsTakenForFiveMinutes(int minutes, bool isTaken)
    {
        var receipt = Of(Signing).Receive(Signed().GetValueOrDefault, Body, Now.AddMinutes(minutes));
        (receipt is WebhookReceipt.Accepted).ShouldBe(isTaken);
        if (!isTaken)
            ((WebhookReceipt.Refused)receipt).Mend.ShouldContain("clocks");
    }

    [Fact]
    public void Receive_SigningTokenConfigured_ThePlainOneDoesNotSuffice()
    {
        // It travels as it is: who has it from a log must not speak for the project.
        Receive(Of(Signing), Headers(Signing)).ShouldBeOfType<WebhookReceipt.Refused>().Detail.ShouldContain("signing token");
        Receive(Of(Plain, Signing), Headers(Plain)).ShouldBeOfType<WebhookReceipt.Refused>();
    }

    [Fact]
    public void Receive_ProjectWithASecretOfItsOwn_IsSpokenForByThatAlone()
    {
        var webhook = new GitLabWebhook(new WebhookSecrets([Plain], [new("acme/pay", null, ["the group's"]), new("acme/pay/shop", null, ["the project's"])]));
        Receive(webhook, Headers("the project's")).ShouldBeOfType<WebhookReceipt.Accepted>();
        Receive(webhook, Headers("the group's")).ShouldBeOfType<WebhookReceipt.Refused>();
        Receive(webhook, Headers(Plain)).ShouldBeOfType<WebhookReceipt.Refused>();
        // Two readers of the body could find two projects.
        webhook.Receive(Headers("the project's").GetValueOrDefault, """{"project":{"path_with_namespace":"acme/pay/shop"},"project":{"path_with_namespace":"acme/pay/shop"}}"""u8, Now).ShouldBeOfType<WebhookReceipt.Refused>();
        webhook.Receive(Headers("the project's").GetValueOrDefault, """{"object_kind":"issue"}"""u8, Now).ShouldBeOfType<WebhookReceipt.Refused>();
    }

    [Fact]
    public void Receive_WithoutAKeyOfItsOwn_IsKnownByWhatItIs()
    {
        // Before 17.4 the event's id is all there is, and events that lead to each other share it.
        var headers = Headers(Plain);
        headers.Remove("Idempotency-Key");
        var first = Receive(Of(Plain), headers).ShouldBeOfType<WebhookReceipt.Accepted>().DeliveryId;
        first.ShouldStartWith("event-1-");
        Receive(Of(Plain), headers).ShouldBe(new WebhookReceipt.Accepted(first, "issue_hook"));
        Of(Plain).Receive(headers.GetValueOrDefault, """{"object_kind":"issue"}"""u8, Now).ShouldBeOfType<WebhookReceipt.Accepted>().DeliveryId.ShouldNotBe(first);
        headers["X-Gitlab-Event-UUID"] = "not <an> id";
        Receive(Of(Plain), headers).ShouldBeOfType<WebhookReceipt.Accepted>().DeliveryId.Length.ShouldBe(32);
    }

    [Theory]
    [InlineData("Push Hook", "push_hook")]
    [InlineData("Emoji Hook", "emoji_hook")]
    [InlineData("Confidential Note Hook", "confidential_note_hook")]
    [InlineData("System Hook", "system_hook")]
    public void Receive_EventThatIsNotUsed_IsNotKept(string name, string known)
    {
        var headers = Headers(Plain);
        headers["X-Gitlab-Event"] = name;
        Receive(Of(Plain), headers).ShouldBe(new WebhookReceipt.Ignored("d1", known));
    }

    [Theory]
    [InlineData("X-Gitlab-Event", null, WebhookRefusal.Malformed)]
    [InlineData("X-Gitlab-Event", "Issue\nHook", WebhookRefusal.Malformed)]
    [InlineData("Content-Type", "text/plain", WebhookRefusal.NotJson)]
    public void Receive_HeadersOfNoDelivery_AreRefused(string name, string? value, WebhookRefusal why)
    {
        var headers = Headers(Plain);
        headers[name] = value;
        Receive(Of(Plain), headers).ShouldBeOfType<WebhookReceipt.Refused>().Why.ShouldBe(why);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\":1")]
    [InlineData("")]
    public void Receive_BodyThatIsNoObject_IsRefused(string body) =>
        Of(Plain).Receive(Headers(Plain).GetValueOrDefault, Encoding.UTF8.GetBytes(body), Now).ShouldBeOfType<WebhookReceipt.Refused>().Why.ShouldBe(WebhookRefusal.Malformed);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("whsec_")]
    [InlineData("whsec_***")]
    public void Webhook_WithoutASecretThatIsOne_IsRefused(string secret) => Should.Throw<ArgumentException>(() => Of(secret)).Message.ShouldContain("Forge:GitLab:WebhookSecret");

    private static GitLabWebhook Of(params string[] secrets) => new(new WebhookSecrets(secrets, []));

    private static WebhookReceipt Receive(GitLabWebhook webhook, Dictionary<string, string?> headers) => webhook.Receive(headers.GetValueOrDefault, Body, Now);

    private static Dictionary<string, string?> Headers(string? token) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["Content-Type"] = "application/json",
        ["X-Gitlab-Event"] = "Issue Hook",
        ["X-Gitlab-Event-UUID"] = "event-1",
        ["Idempotency-Key"] = "d1",
        ["X-Gitlab-Token"] = token,
    };

    private static Dictionary<string, string?> Signed(Func<string, string>? change = null)
    {
        var headers = Headers(null);
        var stamp = $"{Now.ToUnixTimeSeconds()}";
        byte[] signed = [.. Encoding.UTF8.GetBytes($"msg_1.{stamp}."), .. Body];
        var signature = "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Signing["whsec_".Length..]), signed));
        headers["webhook-id"] = "msg_1";
        headers["webhook-timestamp"] = stamp;
        headers["webhook-signature"] = change?.Invoke(signature) ?? signature;
        return headers;
    }
}
