using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Workflows.Activities;

/// <summary>Names of workspace folders: one per attempt, so that an old attempt that is still alive cannot touch a new one's files.</summary>
internal static class WorkspaceIds
{
    public static string Of(string key, int attempt) => string.Create(
        CultureInfo.InvariantCulture, $"w-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..24]}-{attempt}");
}
