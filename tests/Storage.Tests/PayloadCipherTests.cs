using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Storage.Tests;

public sealed class PayloadCipherTests
{
    private static readonly byte[] Old = SqliteFixture.Key;
    private static readonly byte[] New = [.. Old.Select(b => (byte)(b ^ 0xff))];

    [Fact]
    public void Seal_SeveralKeys_TheFirstSealsAndAllOpen()
    {
        var before = new PayloadCipher(Old);
        var after = new PayloadCipher([New, Old]);
        var old = before.Seal("text", "place");

        after.OpenText(old, "place").ShouldBe("text");
        PayloadCipher.KeyIdOf(after.Seal("text", "place")).ShouldBe(after.WritingKeyId);
        after.KeyIds.ShouldBe([new PayloadCipher(New).WritingKeyId, before.WritingKeyId]);
        PayloadCipher.KeyIdOf(old).ShouldBe(before.WritingKeyId);
        Convert.ToHexString(old)[..2].ShouldBe("01");
        Should.Throw<MissingKeyException>(() => before.Open(after.Seal("text", "place"), "place"));
    }

    [Fact]
    public void Open_AnyChangedByteOrLengthOrPlace_IsRefusedInOneLine()
    {
        var cipher = new PayloadCipher(Old);
        var good = cipher.Seal("some text", "place");
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.ToArray();
            bad[i] ^= 1;
            Should.Throw<StorageException>(() => cipher.Open(bad, "place")).Message.ShouldNotContain("\n");
        }

        for (var length = 0; length < good.Length; length++)
            Should.Throw<StorageException>(() => cipher.Open(good.AsSpan(0, length), "place"));
        Should.Throw<StorageException>(() => cipher.Open([.. good, 0], "place"));
        Should.Throw<StorageException>(() => cipher.Open(good, "another place"));
    }

    [Fact]
    public void NameOf_Content_FollowsFromTheKeyAndTellsNothingOfTheContent()
    {
        var content = "known to the attacker"u8.ToArray();
        var name = new PayloadCipher(Old).NameOf(content);
        name.ShouldBe(new PayloadCipher([Old, New]).NameOf(content));
        name.ShouldNotBe(new PayloadCipher(New).NameOf(content));
        name.ShouldNotBe(Convert.ToHexStringLower(SHA256.HashData(content)));
        name.ShouldNotBe(Convert.ToHexStringLower(HMACSHA256.HashData(Old, content)), "a key has one use");
    }

    [Fact]
    public void Cipher_KeyOfAnotherLength_IsRefused() => Should.Throw<StorageException>(() => new PayloadCipher(new byte[16])).Message.ShouldContain("16 bytes");

    [Theory]
    [InlineData("{0}", 1)]
    [InlineData("  {0}  \r\n", 1)]
    [InlineData("\uFEFF{0}\n", 1)]
    [InlineData("# new, of May\n{1} # writes\n\n# old\n{0}\n", 2)]
    [InlineData("{1},{0}", 2)]
    [InlineData("{0}\n{0}\n{2}", 1)]
    public void Parse_KeysInLines_AreTakenInTheirOrder(string text, int count)
    {
        var (old, @new) = (Convert.ToHexStringLower(Old), Convert.ToHexStringLower(New));
        var keys = StorageKeys.Parse(string.Format(null, text, old, @new, old.ToUpperInvariant()), "here");
        keys.Count.ShouldBe(count);
        keys[^1].ShouldBe(Old);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing else")]
    [InlineData("hunter2hunter2")]
    [InlineData("0011")]
    [InlineData("\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"")]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g")]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f1f")]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f")]
    public void Parse_NoKey_SaysWhereWithoutShowingIt(string text)
    {
        var line = Should.Throw<StorageException>(() => StorageKeys.Parse(text, "the key file")).Message;
        line.ShouldContain("the key file");
        line.ShouldContain("64 hex digits");
        line.ShouldNotContain("hunter2");
        line.ShouldNotContain("0c0d0e");
        line.ShouldNotContain("\n");
    }

    [Fact]
    public void Parse_WhateverWasWritten_ComesBack()
    {
        // Many key files, from a fixed seed: any keys, in any of the ways to write them.
        var random = new Random(9);
        for (var round = 0; round < 200; round++)
        {
            var keys = Enumerable.Range(0, random.Next(1, 6)).Select(_ =>
            {
                var key = new byte[PayloadCipher.KeySize];
                random.NextBytes(key);
                return key;
            }).ToList();
            var text = new StringBuilder();
            foreach (var key in keys)
            {
                text.Append(((string[])["", " ", "\t", "\n", "# a remark\n"])[random.Next(5)]);
                text.Append(random.Next(2) == 0 ? Convert.ToHexString(key) : Convert.ToHexStringLower(key));
                text.Append(((string[])["\n", "\r\n", " # mine\n", ","])[random.Next(4)]);
            }

            StorageKeys.Parse(text.ToString(), "here").ShouldBe(keys);
        }
    }
}
