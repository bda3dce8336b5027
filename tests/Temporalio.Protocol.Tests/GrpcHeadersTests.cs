using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Transport;

namespace Temporalio.Protocol.Tests;

public sealed class GrpcHeadersTests
{
    [Fact]
    public void Message_AnyText_SurvivesAsPrintableAscii() => Check.QuickThrowOnFailure(Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
    {
        // Lone surrogates are no text: UTF-8 cannot carry them.
        var valid = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text.Get));
        var encoded = GrpcHeaders.EncodeMessage(valid);
        return encoded.All(c => c is >= ' ' and <= '~') && GrpcHeaders.DecodeMessage(encoded) == valid;
    }));

    [Theory]
    [InlineData("50% off", "50% off")]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz%41", "%zzA")]
    [InlineData("a%0Ab", "a\nb")]
    [InlineData("%E2%82%AC", "€")]
    public void DecodeMessage_BrokenEscapes_StayAsTheyAre(string encoded, string text) => GrpcHeaders.DecodeMessage(encoded).ShouldBe(text);

    [Theory]
    [InlineData("100n", 0.0001)]
    [InlineData("5u", 0.005)]
    [InlineData("250m", 250)]
    [InlineData("70S", 70_000)]
    [InlineData("2M", 120_000)]
    [InlineData("1H", 3_600_000)]
    public void Timeout_EachUnit_IsRead(string text, double milliseconds)
    {
        GrpcHeaders.TryDecodeTimeout(text, out var timeout).ShouldBeTrue();
        timeout.TotalMilliseconds.ShouldBe(milliseconds, 0.0001);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("5")]
    [InlineData("-5S")]
    [InlineData("5x")]
    [InlineData("123456789S")]
    public void Timeout_Malformed_IsNone(string? text) => GrpcHeaders.TryDecodeTimeout(text, out _).ShouldBeFalse();

    [Fact]
    public void Timeout_Written_IsReadBackWithinItsUnit() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(1, int.MaxValue).ToArbitrary(),
        milliseconds =>
        {
            var text = GrpcHeaders.EncodeTimeout(TimeSpan.FromMilliseconds(milliseconds));
            return text.Length <= 9
                && GrpcHeaders.TryDecodeTimeout(text, out var timeout)
                && Math.Abs(timeout.TotalMilliseconds - milliseconds) <= 1000;
        }));

    [Fact]
    public void Details_RoundTrip_WithAndWithoutPadding()
    {
        var status = new Rpc.Status { Code = 5, Message = "gone" };
        status.Details.Add(Any.Pack(new WorkflowExecution { WorkflowId = "w" }));
        var encoded = GrpcHeaders.EncodeDetails(status);
        encoded.ShouldNotContain("=");
        GrpcHeaders.DecodeDetails(encoded).ShouldBe(status);
        GrpcHeaders.DecodeDetails(encoded + new string('=', (4 - (encoded.Length % 4)) % 4)).ShouldBe(status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("!!!")]
    [InlineData("////")]
    public void Details_Unreadable_AreNone(string? value) => GrpcHeaders.DecodeDetails(value).ShouldBeNull();

    [Fact]
    public void Detail_OfAnotherTypeOrBroken_IsNotFound()
    {
        var error = new RpcStatusException(GrpcStatusCode.NotFound, "x", new WorkflowExecution { WorkflowId = "w" });
        error.TryGetDetail<WorkflowExecution>(out var detail).ShouldBeTrue();
        detail!.WorkflowId.ShouldBe("w");
        error.TryGetDetail<WorkflowType>(out _).ShouldBeFalse();
        new RpcStatusException(GrpcStatusCode.NotFound, "x").TryGetDetail<WorkflowType>(out _).ShouldBeFalse();
    }
}
