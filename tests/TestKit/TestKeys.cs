using System.Security.Cryptography;
using CodingAgent.Storage;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.TestKit;

/// <summary>Keys of signed records, made anew for each test.</summary>
public static class TestKeys
{
    /// <summary>The keys of a process that has all roles.</summary>
    public static RecordKeys OfAllRoles()
    {
        var keys = new RecordKeys();
        foreach (var role in Enum.GetValues<RecordRole>())
            keys.Add(role, [RandomNumberGenerator.GetBytes(32)], signs: true);
        return keys;
    }
}
