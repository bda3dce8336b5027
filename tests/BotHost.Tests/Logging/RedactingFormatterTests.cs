using CodingAgent.BotHost.Logging;
using CodingAgent.Workflows.Secrets;
using Serilog.Events;
using Serilog.Formatting.Display;
using Serilog.Parsing;

namespace CodingAgent.BotHost.Tests.Logging;

public sealed class RedactingFormatterTests
{
    [Fact]
    public void Format_SecretInMessageAndException_IsMasked()
    {
        var line = Format(["hunter2"], "token hunter2 sent to {Place}", "https://x-access-token:hunter2@host", new InvalidOperationException("bad hunter2"));

        line.ShouldNotContain("hunter2");
        line.ShouldContain("token *** sent to");
        line.ShouldContain("bad ***");
    }

    [Fact]
    public void Format_SecretThatContainsAnother_IsMaskedWhole() =>
        Format(["abc", "abcdef", ""], "key abcdef and abc", "", null).ShouldStartWith("key *** and ***");

    [Theory]
    [InlineData("sk-hunter2hunter2hunter2", "a token that begins with a secret")]
    [InlineData("hunter2-sk-0123456789abcdefgh", "a secret that ends with one")]
    [InlineData("sk-0123456789abcdefgh-hunter2", "side by side")]
    public void Format_SecretBesideOrInAToken_LeavesNothingOfEither(string text, string why) =>
        Format(["sk-hunter2", "hunter2-sk-0123456789abcdefgh", "-hunter2", "aba"], $"<{text}>", "", null).Replace("*", "", StringComparison.Ordinal).Trim().ShouldBe("<>", why);

    [Fact]
    public void Format_SecretThatOverlapsItself_IsMaskedWhole() => Format(["aba"], "<ababa>", "", null).ShouldStartWith("<***>");

    [Fact]
    public void Format_OtherText_StaysAsItIs() =>
        Format(["hunter2"], "Delivery {Place} accepted", "d1", null).ShouldStartWith("Delivery d1 accepted");

    private static string Format(string[] secrets, string template, string place, Exception? error)
    {
        var formatter = new RedactingFormatter(new MessageTemplateTextFormatter("{Message:lj} {Exception}"), new Redaction(secrets));
        using var output = new StringWriter();
        formatter.Format(
            new LogEvent(
                DateTimeOffset.UnixEpoch, LogEventLevel.Information, error, new MessageTemplateParser().Parse(template),
                [new LogEventProperty("Place", new ScalarValue(place))]),
            output);
        return output.ToString();
    }
}
