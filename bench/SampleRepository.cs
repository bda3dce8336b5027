namespace CodingAgent.Bench;

/// <summary>A repository of many small text files.</summary>
internal static class SampleRepository
{
    private const int InFolder = 50;

    /// <summary>Path of a file, from 0.</summary>
    public static string PathOf(int file) => $"src/m{file / InFolder}/f{file % InFolder}.txt";

    /// <summary>Its one line.</summary>
    public static string LineOf(int file) => $"file {file}.";

    /// <summary>Makes it, with what is in the folder already, as one commit on <c>main</c>.</summary>
    /// <returns>The commit.</returns>
    public static async Task<string> MakeAsync(string folder, int files)
    {
        for (var i = 0; i < files; i++)
        {
            var path = Path.Combine(folder, PathOf(i));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, LineOf(i) + '\n');
        }

        await ExternalProgram.RunAsync(folder, "git", "init", "--quiet", "--initial-branch=main");
        await ExternalProgram.RunAsync(folder, "git", "add", "--all");
        await ExternalProgram.RunAsync(folder, "git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "start");
        return (await ExternalProgram.RunAsync(folder, "git", "rev-parse", "HEAD")).Trim();
    }
}
