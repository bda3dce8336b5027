using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace CodingAgent.TestKit;

/// <summary>
/// Compares text with a checked-in file <c>Snapshots/NAME.md</c> beside the test. Run with UPDATE_SNAPSHOTS=1 to write the files, then
/// read the diff as a reviewer would.
/// </summary>
public static class Snapshot
{
    public static void Match(string name, string actual, [CallerFilePath] string testFile = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(testFile)!, "Snapshots", name + ".md");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }

        if (!File.Exists(path))
            Assert.Fail($"There is no snapshot {path}. Run with UPDATE_SNAPSHOTS=1 to write it. The text is:\n{actual}");
        var expected = File.ReadAllText(path);
        if (expected != actual)
            Assert.Fail($"{path} differs (- expected, + actual):\n{Diff(expected.Split('\n'), actual.Split('\n'))}");
    }

    private static string Diff(string[] expected, string[] actual)
    {
        // Longest common subsequence; comments are short.
        var length = new int[expected.Length + 1, actual.Length + 1];
        for (var i = expected.Length - 1; i >= 0; i--)
        {
            for (var j = actual.Length - 1; j >= 0; j--)
                length[i, j] = expected[i] == actual[j] ? length[i + 1, j + 1] + 1 : Math.Max(length[i + 1, j], length[i, j + 1]);
        }

        var text = new StringBuilder();
        int x = 0, y = 0;
        while (x < expected.Length || y < actual.Length)
        {
            if (x < expected.Length && y < actual.Length && expected[x] == actual[y])
            {
                text.Append("  ").Append(expected[x++]).Append('\n');
                y++;
            }
            else if (y >= actual.Length || (x < expected.Length && length[x + 1, y] >= length[x, y + 1]))
                text.Append("- ").Append(expected[x++]).Append('\n');
            else
                text.Append("+ ").Append(actual[y++]).Append('\n');
        }

        return text.ToString();
    }
}
