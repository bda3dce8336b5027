using CodingAgent.BotHost.Configuration;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Configuration;

namespace CodingAgent.BotHost.Tests.Configuration;

public sealed class LinkSettingsTests
{
    [Fact]
    public void Links_OfATask_LeadToTemporalAndItsTrace()
    {
        var links = Read(("Temporal:UiUrl", "https://temporal.example.com/ui/"), ("Traces:Url", "https://grafana.example.com/explore?trace={traceId}&tab=1"));
        links.WorkflowOf(TaskId.Parse("task/github:octo/hello/issue/12"), "run-1")!.AbsoluteUri
            .ShouldBe("https://temporal.example.com/ui/namespaces/team%20a/workflows/task%2Fgithub%3Aocto%2Fhello%2Fissue%2F12/run-1/history");
        links.TraceOf("0af7")!.AbsoluteUri.ShouldBe("https://grafana.example.com/explore?trace=0af7&tab=1");
        var none = Read();
        (none.WorkflowOf(TaskId.Parse("task/github:octo/hello/issue/12"), "r"), none.TraceOf("0af7")).ShouldBe((null, null));
    }

    [Theory]
    [InlineData("Temporal:UiUrl", "https://temporal.example.com/?x=1", "where Temporal's pages begin")]
    [InlineData("Traces:Url", "https://jaeger.example.com/trace/", "with {traceId} in the id's place")]
    [InlineData("Traces:Url", "javascript:alert('{traceId}')", "with {traceId} in the id's place")]
    [InlineData("Traces:Url", "https://a:secret-word@jaeger.example.com/{traceId}", "without credentials")]
    public void Link_ThatLeadsNowhere_IsRefusedWithWords(string key, string value, string words)
    {
        var refused = Should.Throw<ConfigurationException>(() => Read((key, value))).Message;
        refused.ShouldStartWith(key);
        refused.ShouldContain(words);
        refused.ShouldNotContain("secret-word");
    }

    private static LinkSettings Read(params (string Key, string Value)[] settings) =>
        LinkSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build(), "team a");
}
