using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Activities;

/// <summary>What stands in a task's way, or is not as somebody thinks, and can be said before anything is paid.</summary>
internal sealed class StartWarnings(IForge forge, string policyPath, FlowSettings settings)
{
    /// <summary>A line each.</summary>
    public async Task<IReadOnlyList<string>> ReadAsync(CodingTaskInput input, string defaultBranch, string defaultSha, bool hasPolicy, RepositoryPolicy policy, CancellationToken ct)
    {
        var warnings = new List<string>();
        var (forgeSigns, isVerified) = (forge.SignsCommits(input.Repo), policy.Commits.Verified);
        if (isVerified && !forgeSigns && settings.SignsCommits == false)
            warnings.Add($"The policy asks for verified commits (commits.verified), and I can make none here: what I make will not be pushed. {CommitsGate.Advice}");
        var files = new List<string>();
        foreach (var folder in PolicyFileNames.Folders)
            files.AddRange(await forge.ListFilesAsync(input.Repo, folder, defaultSha, ct));
        foreach (var path in PolicyFileNames.Meant(files, policyPath))
            warnings.Add(hasPolicy
                ? $"{path} on {defaultBranch} is not read: the policy is {policyPath} alone, and two are never merged. Delete one"
                : $"{path} on {defaultBranch} is not read, so none of its rules hold: the policy's name is {policyPath}. Rename it, then ask again");
        // A person's branch took pushes before.
        if (!FlowList.Of(input.Kind).IsOnPull)
        {
            foreach (var rule in await forge.ListPushRulesAsync(input.Repo, TaskBranch.PrefixOf(input.Issue) + "x", ct))
            {
                if (rule != PushRule.SignedCommits || !(forgeSigns ? isVerified : settings.SignsCommits != false))
                    warnings.Add($"{Words(rule, forgeSigns)}: unless my account is excepted, the push will be refused");
            }
        }

        return warnings;
    }

    private static string Words(PushRule rule, bool forgeSigns) => rule switch
    {
        PushRule.SignedCommits when forgeSigns => "A rule of the repository asks for signed commits on my branches, and the policy does not (commits: { verified: true })",
        PushRule.SignedCommits => "A rule of the repository asks for signed commits on my branches, and I sign none",
        PushRule.NoNewBranch => $"A rule of the repository lets nobody make branches named as mine are ({TaskBranch.Prefix}…)",
        PushRule.NoPush => $"A rule of the repository lets nobody push to branches named as mine are ({TaskBranch.Prefix}…)",
        _ => "A rule of the repository asks for names, messages or authors of a form that mine may not have",
    };
}
