using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Keys;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Tests.Keys;

public sealed class StorageKeyringTests : IDisposable
{
    private const string One = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private const string Two = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

    private readonly string _folder = Directory.CreateTempSubdirectory("keyring-tests-").FullName;

    private string KeyFile => Path.Combine(_folder, "storage.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Read_DefaultFile_IsMadeOnceAndReadAgain()
    {
        var settings = new StorageKeySettings(KeyFile, true, null, null, TimeSpan.FromSeconds(5));
        var first = await StorageKeyring.ReadAsync(settings, default);
        (await StorageKeyring.ReadAsync(settings, default)).Cipher.WritingKeyId.ShouldBe(first.Cipher.WritingKeyId);
        first.Secrets.ShouldContain((await File.ReadAllTextAsync(KeyFile)).Trim());
    }

    [Fact]
    public async Task Read_NamedFileThatIsNotThere_IsNotMade()
    {
        var settings = new StorageKeySettings(KeyFile, false, null, null, TimeSpan.FromSeconds(5));
        (await Should.ThrowAsync<StorageException>(() => StorageKeyring.ReadAsync(settings, default))).Message.ShouldContain(KeyFile);
        File.Exists(KeyFile).ShouldBeFalse("a mount that is missing must not look like a new installation");
    }

    [Fact]
    public async Task Read_TextOrCommand_FirstKeySeals()
    {
        var expected = new PayloadCipher([Convert.FromHexString(Two), Convert.FromHexString(One)]).KeyIds;
        (await TextAsync($"{Two},{One}")).Cipher.KeyIds.ShouldBe(expected);
        (await CommandAsync($"printf '{Two}\\n# old\\n{One}\\n'; echo noise >&2")).Cipher.KeyIds.ShouldBe(expected);
    }

    [Theory]
    [InlineData("echo hunter2 >&2; exit 3", "exit code 3")]
    [InlineData("echo hunter2", "64 hex digits in line 1")]
    [InlineData("exit 0", "holds 0 keys")]
    [InlineData("no-such-program-hunter2", "exit code 127")]
    [InlineData("sleep 60", "within 1 s")]
    [InlineData("sleep 60 & exec sleep 60", "within 1 s")]
    [InlineData("yes hunter2", "more than")]
    [InlineData("cat; echo hunter2", "64 hex digits")]
    public async Task Read_CommandThatGivesNoKey_SaysSoInOneLineWithoutItsOutput(string command, string says)
    {
        var start = TimeProvider.System.GetTimestamp();
        var line = (await Should.ThrowAsync<StorageException>(() => CommandAsync(command))).Message;
        TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(30));
        line.ShouldContain(says);
        line.ShouldContain("Storage:KeyCommand");
        line.ShouldNotContain("hunter2");
        line.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Read_Command_SeesTheEnvironmentWithoutTheServicesOwnSettings()
    {
        Environment.SetEnvironmentVariable("FORGE__KeyringTests", "hunter2");
        Environment.SetEnvironmentVariable("VAULT_KeyringTests", "address");
        (await CommandAsync($"[ -z \"$FORGE__KeyringTests\" ] && [ \"$VAULT_KeyringTests\" = address ] && echo {One}")).Cipher.KeyIds.ShouldHaveSingleItem();
    }

    [Fact]
    public void Settings_Words_ShowNoSecret() =>
        new StorageKeySettings(KeyFile, true, One, null, TimeSpan.Zero).ToString().ShouldNotContain(One);

    private Task<StorageKeyring> TextAsync(string text) => StorageKeyring.ReadAsync(new StorageKeySettings(KeyFile, true, text, null, TimeSpan.FromSeconds(5)), default);

    private Task<StorageKeyring> CommandAsync(string command) =>
        StorageKeyring.ReadAsync(new StorageKeySettings(KeyFile, true, null, command, TimeSpan.FromSeconds(1)), default);
}
