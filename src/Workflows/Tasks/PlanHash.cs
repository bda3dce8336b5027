using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodingAgent.Agents.Cohort;

namespace CodingAgent.Workflows.Tasks;

/// <summary>
/// Binds an approval to exactly what was shown: the canonical plan, the commit it is made for and the policy it was made under
/// (product.md §5). Changing any of them gives another hash.
/// </summary>
public static class PlanHash
{
    private const int Digits = 12;

    /// <summary>The hash as people see and repeat it: 12 hex digits.</summary>
    public static string Of(Plan plan, string baseSha, string policyBlob)
    {
        var canonical = JsonSerializer.Serialize(new[]
        {
            [plan.Goal], plan.Constraints, Flat(plan.Edits), Flat(plan.Tests), plan.Risks, plan.Questions, [baseSha], [policyBlob],
        });
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))[..Digits];
    }

    private static IReadOnlyList<string> Flat(IEnumerable<PlannedEdit> edits) => [.. edits.SelectMany(e => new[] { e.Path, e.Intent })];
}
