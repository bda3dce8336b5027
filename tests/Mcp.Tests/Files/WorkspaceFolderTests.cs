using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Tests.Files;

public sealed class WorkspaceFolderTests : IDisposable
{
    private readonly ScratchFolder _root = new();
    private readonly ScratchFolder _outside = new();

    public void Dispose()
    {
        _root.Dispose();
        _outside.Dispose();
    }

    [Fact]
    public async Task SwappingAFolderForALink_NeverLeadsOutside()
    {
        _outside.Write("f.txt", "secret");
        _root.Write("real/f.txt", "inside");
        Directory.CreateSymbolicLink(_root["link"], _outside.Path);
        var folder = new WorkspaceFolder(_root.Path, owner: null);
        using var stop = new CancellationTokenSource();
        // dir is now a folder, now a link to the outside.
        var swapping = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Directory.Move(_root["real"], _root["dir"]);
                Directory.Move(_root["dir"], _root["real"]);
                Directory.Move(_root["link"], _root["dir"]);
                Directory.Move(_root["dir"], _root["link"]);
            }
        });
        for (var i = 0; i < 500; i++)
        {
            try
            {
                System.Text.Encoding.UTF8.GetString(folder.Read("dir/f.txt", 100)).ShouldBe("inside");
            }
            catch (WorkspacePathException)
            {
                // Missing or a link at that moment.
            }

            folder.Walk("", _ => true, CancellationToken.None).ShouldAllBe(e => e.Kind != FolderEntryKind.File || e.Size == 6);
        }

        await stop.CancelAsync();
        await swapping;
        File.ReadAllText(_outside["f.txt"]).ShouldBe("secret");
        Directory.GetFileSystemEntries(_outside.Path).Length.ShouldBe(1);
    }

    [Fact]
    public void PipesAndDeviceLikeThings_AreNotOpened()
    {
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [_root["pipe"]])) mkfifo.WaitForExit();
        var folder = new WorkspaceFolder(_root.Path, owner: null);
        Should.Throw<WorkspacePathException>(() => folder.Read("pipe", 100)).Message.ShouldContain("not a regular file");
        folder.Stat("pipe").Kind.ShouldBe(FolderEntryKind.Other);
    }
}
