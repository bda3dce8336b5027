using System.Runtime.Versioning;

namespace CodingAgent.Storage.Tests;

[UnsupportedOSPlatform("windows")]
public sealed class SecretFileTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("secret-tests-").FullName;

    private string File => Path.Combine(_folder, "deep", "secret.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ReadOrCreate_ManyAtOnce_IsMadeOnceAndPrivate()
    {
        var secrets = Enumerable.Range(0, 16).AsParallel().Select(_ => SecretFile.ReadOrCreate(File, "the secret")).ToList();

        secrets.ShouldAllBe(s => s.Text == secrets[0].Text && s.Note == null);
        secrets[0].Text.ShouldMatch("^[0-9a-f]{64}$");
        System.IO.File.GetUnixFileMode(File).ShouldBe(Private);
        System.IO.File.GetUnixFileMode(Path.GetDirectoryName(File)!).ShouldBe(Private | UnixFileMode.UserExecute);
        Directory.GetFiles(Path.GetDirectoryName(File)!).ShouldHaveSingleItem("no draft stays");
    }

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)]
    public void ReadOrCreate_OpenToOthers_IsClosedAndSaid(UnixFileMode others)
    {
        var secret = SecretFile.ReadOrCreate(File, "the secret").Text;
        System.IO.File.SetUnixFileMode(File, Private | others);

        var (text, note) = SecretFile.ReadOrCreate(File, "the secret");

        text.ShouldBe(secret);
        note.ShouldNotBeNull().ShouldContain(File);
        note.ShouldNotContain(secret);
        System.IO.File.GetUnixFileMode(File).ShouldBe(Private);
        SecretFile.ReadOrCreate(File, "the secret").Note.ShouldBeNull();
    }

    [Fact]
    public void ReadOrCreate_FileThatAnotherUserPutThere_IsRefused()
    {
        if (Environment.UserName != "root")
            return;
        SecretFile.ReadOrCreate(File, "the secret");
        using (var chown = System.Diagnostics.Process.Start("chown", ["64400", File]))
            chown.WaitForExit();
        Should.Throw<StorageException>(() => SecretFile.ReadOrCreate(File, "the secret")).Message.ShouldContain("belongs to user 64400");
    }

    [Fact]
    public void Read_EmptyAFolderOrTooLarge_SaysSoInOneLine()
    {
        Directory.CreateDirectory(_folder + "/folder");
        System.IO.File.WriteAllText(_folder + "/empty", " \n");
        System.IO.File.WriteAllText(_folder + "/large", new string('a', 100_000));
        foreach (var (name, says) in ((string, string)[])[("folder", "cannot be read"), ("empty", "is empty"), ("large", "larger")])
        {
            var line = Should.Throw<StorageException>(() => SecretFile.ReadOrCreate(Path.Combine(_folder, name), "the secret")).Message;
            line.ShouldContain(Path.Combine(_folder, name));
            line.ShouldContain(says);
            line.ShouldNotContain("\n");
        }
    }
}
