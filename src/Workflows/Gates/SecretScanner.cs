using System.Security.Cryptography;
using System.Text;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.Workflows.Gates;

/// <summary>Looks for credentials in what a change adds, apart from those that the policy of the default branch allows.</summary>
public static class SecretScanner
{
    // Nothing of a secret, no blank and no quote.
    private const string Gap = "\u0001\n";

    /// <summary>Findings in added lines: where, and which rule. The value itself is never part of a finding, nor a digest of it.</summary>
    /// <param name="lines">Added lines; those of a file in order.</param>
    /// <param name="allowed">What the policy allows.</param>
    public static SecretScan Scan(IReadOnlyCollection<AddedLine> lines, IReadOnlyList<RepositoryPolicy.AllowedSecret> allowed)
    {
        var (held, passed) = (new List<string>(), new List<string>());
        foreach (var file in lines.GroupBy(l => l.Path, StringComparer.Ordinal))
        {
            // Whole files, so that what has many lines is one. Where lines are missing between two, nothing runs on.
            var (text, starts, numbers) = (new StringBuilder(), new List<int>(), new List<int>());
            foreach (var line in file)
            {
                if (numbers is [.., var last] && line.Line > last + 1)
                    text.Append(Gap);
                starts.Add(text.Length);
                numbers.Add(line.Line);
                text.Append(line.Text).Append('\n');
            }

            var whole = text.ToString();
            foreach (var found in SecretShapes.Scan(whole))
            {
                var at = starts.BinarySearch(found.From);
                Sort(file.Key, found, whole, allowed, $"{SecretShapes.Mask(file.Key)}:{numbers[at >= 0 ? at : ~at - 1]} {found.Words} ({found.Id})", held, passed);
            }
        }

        return new SecretScan(held, passed);
    }

    /// <summary>Findings in names of files.</summary>
    /// <param name="paths">Paths from the repository root.</param>
    /// <param name="allowed">What the policy allows.</param>
    public static SecretScan ScanNames(IEnumerable<string> paths, IReadOnlyList<RepositoryPolicy.AllowedSecret> allowed)
    {
        var (held, passed) = (new List<string>(), new List<string>());
        foreach (var path in paths)
        {
            foreach (var found in SecretShapes.Scan(path))
                Sort(path, found, path, allowed, $"the file name {SecretShapes.Mask(path)} {found.Words} ({found.Id})", held, passed);
        }

        return new SecretScan(held, passed);
    }

    private static void Sort(
        string path, SecretFinding found, string text, IReadOnlyList<RepositoryPolicy.AllowedSecret> allowed, string words, List<string> held, List<string> passed)
    {
        var isAllowed = allowed.Any(a => PathGlob.AnyMatch([a.Path], path) && (a.Rule == found.Id || (a.Sha256 is { } sha && sha == Digest(text[found.From..found.To]))));
        (isAllowed ? passed : held).Add(words);
    }

    private static string Digest(string value) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
}

/// <summary>What looks like a credential in a change.</summary>
/// <param name="Held">What keeps it back.</param>
/// <param name="Allowed">What the policy lets pass.</param>
public sealed record SecretScan(IReadOnlyList<string> Held, IReadOnlyList<string> Allowed);
