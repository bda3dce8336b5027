namespace CodingAgent.Playground.Demo;

/// <summary>Reads the patch of a file in a pull request.</summary>
internal static class Patch
{
    /// <summary>The first line of the new file version that the patch adds.</summary>
    /// <exception cref="StoryException">It adds none.</exception>
    public static int FirstAddedLine(string patch)
    {
        var line = 0;
        foreach (var text in patch.Split('\n'))
        {
            if (text.StartsWith("@@", StringComparison.Ordinal))
            {
                var start = text[(text.IndexOf('+', StringComparison.Ordinal) + 1)..];
                line = int.Parse(start[..start.IndexOfAny([',', ' '])]) - 1;
                continue;
            }

            if (text.StartsWith('-'))
                continue;
            line++;
            if (text.StartsWith('+'))
                return line;
        }

        throw new StoryException("The pull request adds no line to the reviewed file, so there is nothing to review.");
    }
}
