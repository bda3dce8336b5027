using System.Globalization;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Git;

/// <summary>A workspace holds more than one snapshot takes in. The message is for the model, and for people.</summary>
public sealed class SnapshotTooLargeException : McpException
{
    /// <summary>Says how much there is, and how much may be.</summary>
    /// <param name="files">Files that differ from the base.</param>
    /// <param name="bytes">Their bytes.</param>
    /// <param name="mostFiles">Most files.</param>
    /// <param name="mostBytes">Most bytes.</param>
    public SnapshotTooLargeException(long files, long bytes, long mostFiles, long mostBytes)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"The change is too large to be recorded: {files} files of {Mebibytes(bytes)} MiB together differ from the base, and at most {mostFiles} files of {mostBytes >> 20} MiB are taken in. Remove what is no part of the change."))
    {
    }

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
