using System.Security.Cryptography;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Storage.Tests;

public sealed class RecordKeysTests
{
    private const string Payload = "{\"a\":\"ä\"}";

    private readonly RecordKeys _keys = new();

    public RecordKeysTests()
    {
        foreach (var role in Enum.GetValues<RecordRole>())
            _keys.Add(role, [RandomNumberGenerator.GetBytes(32)], signs: true);
    }

    [Fact]
    public void Record_AsSigned_IsGenuine() => _keys.IsGenuine(_keys.Sign(RecordRole.Agents, "plan", Payload)).ShouldBeTrue();

    public static TheoryData<string> Changes => ["role", "kind", "key", "payload", "blank", "signature", "short", "long", "no base64", "empty", "null", "kind moved into the payload"];

    [Theory]
    [MemberData(nameof(Changes))]
    public void Record_ChangedInAnyPart_IsNot(string part)
    {
        var record = _keys.Sign(RecordRole.Agents, "plan", Payload);
        var other = _keys.Sign(RecordRole.Checks, "plan", Payload);
        var bytes = Convert.FromBase64String(record.Signature);
        _keys.IsGenuine(part switch
        {
            "role" => record with { Role = RecordRole.Checks },
            "kind" => record with { Kind = "approval" },
            "key" => record with { KeyId = other.KeyId },
            "payload" => record with { Payload = Payload.Replace('ä', 'a') },
            "blank" => record with { Payload = Payload + " " },
            "signature" => record with { Signature = other.Signature },
            "short" => record with { Signature = Convert.ToBase64String(bytes[..63]) },
            "long" => record with { Signature = Convert.ToBase64String([.. bytes, 0]) },
            "no base64" => record with { Signature = "not base64" },
            "empty" => record with { Signature = "" },
            "null" => new SignedRecord(RecordRole.Agents, null!, null!, null!, null!),
            _ => _keys.Sign(RecordRole.Agents, "a", "b\nc") with { Kind = "a\nb", Payload = "c" },
        }).ShouldBeFalse();
    }

    [Fact]
    public void Process_WithPublicKeysOnly_BelievesAndCannotSign()
    {
        var applier = new RecordKeys();
        foreach (var (role, _, key) in _keys.Trusted.Where(t => t.Role != RecordRole.Control))
            applier.AddTrusted(role, [Convert.FromHexString(key)]);
        applier.IsGenuine(_keys.Sign(RecordRole.Agents, "plan", Payload)).ShouldBeTrue();
        applier.IsGenuine(_keys.Sign(RecordRole.Control, "approval", Payload)).ShouldBeFalse("nobody told it to believe that role");
        Should.Throw<InvalidOperationException>(() => applier.Sign(RecordRole.Agents, "plan", Payload)).Message.ShouldContain("no key to sign as Agents");
    }

    [Fact]
    public void Key_ReplacedByAnother_IsBelievedAsLongAsItIsKept()
    {
        var (old, young) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32));
        var (before, between, after) = (new RecordKeys(), new RecordKeys(), new RecordKeys());
        before.Add(RecordRole.Checks, [old], signs: true);
        between.Add(RecordRole.Checks, [young, old], signs: true);
        after.Add(RecordRole.Checks, [young], signs: true);
        var record = before.Sign(RecordRole.Checks, "evidence", Payload);
        between.IsGenuine(record).ShouldBeTrue();
        after.IsGenuine(between.Sign(RecordRole.Checks, "evidence", Payload)).ShouldBeTrue("the first key signs");
        after.IsGenuine(record).ShouldBeFalse();
    }
}
