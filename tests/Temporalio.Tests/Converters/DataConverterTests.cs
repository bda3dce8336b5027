using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Temporalio.Api.Common.V1;
using Temporalio.Api.Enums.V1;
using Temporalio.Common;
using Temporalio.Converters;

namespace Temporalio.Tests.Converters;

public sealed class DataConverterTests
{
    private static readonly IPayloadConverter Converter = DataConverter.Default.PayloadConverter;

    [Fact]
    public void Values_OfEveryKind_TakeTheirEncoding()
    {
        Encoding(null).ShouldBe("binary/null");
        Encoding(new byte[] { 1, 2 }).ShouldBe("binary/plain");
        Encoding(new Payload()).ShouldBe("json/protobuf");
        Encoding("text").ShouldBe("json/plain");
        Encoding(new Sample(1, "x", null)).ShouldBe("json/plain");
        Converter.ToPayload("text").Data.ToStringUtf8().ShouldBe("\"text\"");
    }

    [Fact]
    public void AnyRecord_ThroughPayload_ComesBack() => Prop.ForAll(
        ArbMap.Default.ArbFor<(int A, string? B, byte[]? C, double? D)>().Filter(v => v.D is null || double.IsFinite(v.D.Value)),
        v =>
        {
            var sample = new Sample(v.A, v.B, v.D);
            return Converter.ToValue<Sample>(Converter.ToPayload(sample)) == sample
                && (v.C is null || Converter.ToValue<byte[]>(Converter.ToPayload(v.C)).AsSpan().SequenceEqual(v.C));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void RawValue_IsNeitherReadNorWrapped()
    {
        var raw = Converter.ToRawValue(42);
        Converter.ToPayload(raw).ShouldBe(raw.Payload);
        ((IRawValue)Converter.ToValue(raw.Payload, typeof(IRawValue))!).Payload.ShouldBe(raw.Payload);
        Converter.ToValue<int>(raw).ShouldBe(42);
    }

    [Fact]
    public void Payload_OfUnknownEncoding_IsToldByName()
    {
        var payload = new Payload { Metadata = { ["encoding"] = ByteString.CopyFromUtf8("odd/thing") } };
        Should.Throw<ArgumentException>(() => Converter.ToValue<string>(payload)).Message.ShouldContain("odd/thing");
        Should.Throw<ArgumentException>(() => Converter.ToValue<string>(new Payload())).Message.ShouldContain("names no encoding");
        Should.Throw<ArgumentException>(() => Converter.ToValue<int>(Converter.ToPayload(null))).Message.ShouldContain("Null cannot be read");
    }

    [Fact]
    public async Task Codec_OnConverter_SeesEveryPayload()
    {
        var converter = DataConverter.Default with { PayloadCodec = new ReversingCodec() };
        var payload = await converter.ToPayloadAsync("hello");
        payload.Data.ToStringUtf8().ShouldBe("\"olleh\"");
        (await converter.ToValueAsync<string>(payload)).ShouldBe("hello");
    }

    [Fact]
    public void RetryPolicy_Defaults_AreTheServers()
    {
        var policy = new RetryPolicy();
        policy.InitialInterval.ShouldBe(TimeSpan.FromSeconds(1));
        policy.BackoffCoefficient.ShouldBe(2.0f);
        policy.MaximumAttempts.ShouldBe(0);
    }

    [Fact]
    public void SearchAttributes_BuiltAndUnset_AreKeyedByName()
    {
        var text = SearchAttributeKey.CreateKeyword("repo");
        var count = SearchAttributeKey.CreateLong("count");
        var collection = new SearchAttributeCollection.Builder().Set(text, "a/b").Set(count, 3).Unset("repo").ToSearchAttributeCollection();
        collection.ShouldBe([count]);
        collection.Get(count).ShouldBe(3);
        collection.TryGetValue(text, out _).ShouldBeFalse();
        text.ValueType.ShouldBe(IndexedValueType.Keyword);
        (text == SearchAttributeKey.CreateKeyword("repo")).ShouldBeTrue();
    }

    [Fact]
    public void DeterministicRandom_AnyBounds_StaysInsideAndRepeats() => Prop.ForAll(
        ArbMap.Default.ArbFor<(ulong Seed, int A, int B)>(),
        v =>
        {
            var (min, max) = (Math.Min(v.A, v.B), Math.Max(v.A, v.B));
            var (one, two) = (new DeterministicRandom(v.Seed), new DeterministicRandom(v.Seed));
            var draws = Enumerable.Range(0, 20).Select(_ => one.Next(min, max)).ToList();
            return draws.TrueForAll(d => d >= min && (d < max || min == max)) && draws.SequenceEqual(draws.Select(_ => two.Next(min, max)));
        }).QuickCheckThrowOnFailure();

    private static string Encoding(object? value) => Converter.ToPayload(value).Metadata["encoding"].ToStringUtf8();

    private sealed record Sample(int Number, string? Text, double? Fraction);
}
