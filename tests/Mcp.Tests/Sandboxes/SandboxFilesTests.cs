using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Tests.Sandboxes;

public sealed class SandboxFilesTests
{
    [Theory]
    [InlineData("")]
    [InlineData("etc")]
    public void Shown_WhenSomebodyTidiedAFileAway_IsMadeAnew(string below)
    {
        // A user of its own: nobody else's sandboxes show these.
        var files = SandboxFiles.For(new SandboxUser(64_900 + below.Length, 64_900));
        var before = files.Shown();
        files.Shown().ShouldBeSameAs(before);
        var gone = below.Length > 0 ? Path.Combine(before.Folder, below, "passwd") : Path.Combine(before.Folder, Path.GetFileName(GuardedShell.PathOf(GuardedShell.HasBash)));
        File.Delete(gone);

        var again = files.Shown();
        again.Folder.ShouldNotBe(before.Folder);
        File.Exists(gone.Replace(before.Folder, again.Folder, StringComparison.Ordinal)).ShouldBeTrue();
        again.EtcNames.ShouldBe(before.EtcNames);
    }
}
