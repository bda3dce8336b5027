namespace CodingAgent.Forges;

/// <summary>How a forge calls what the product has one name for, in the words that people read there.</summary>
/// <param name="Name">The forge's own name.</param>
/// <param name="Pull">A change that is offered to be merged, e.g. <c>pull request</c>.</param>
/// <param name="PullSign">What stands before its number in a text, so that the forge makes a link of it.</param>
/// <param name="PolicyPath">Where a repository's policy lies on the default branch.</param>
public sealed record ForgeTerms(string Name, string Pull, char PullSign, string PolicyPath)
{
    private static readonly ForgeTerms GitHub = new("GitHub", "pull request", '#', ".github/coding-agent.yml")
    {
        // https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/creating-a-pull-request-template-for-your-repository
        TemplatePaths = [".github/pull_request_template.md", "pull_request_template.md", "docs/pull_request_template.md", ".github/pull_request_template.txt", "pull_request_template.txt", "docs/pull_request_template.txt"],
    };

    private static readonly ForgeTerms GitLab = new("GitLab", "merge request", '!', ".gitlab/coding-agent.yml")
    {
        // https://docs.gitlab.com/user/project/description_templates/#set-a-default-template-for-merge-requests-and-issues
        TemplatePaths = [".gitlab/merge_request_templates/default.md"],
        BotsAreMembers = true,
    };

    /// <summary>Where a repository may keep the template of a pull request's body, the first that is there; names compare ignoring case.</summary>
    public IReadOnlyList<string> TemplatePaths { get; private init; } = [];

    /// <summary>Whether bots have a role in a repository, as people have, that can be asked for.</summary>
    public bool BotsAreMembers { get; private init; }

    /// <summary>Words of our own as people on this forge say them; for texts that hold nobody else's words but names.</summary>
    public string Say(string words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return Pull == GitHub.Pull ? words
            : words.Replace(GitHub.Pull, Pull, StringComparison.Ordinal).Replace(Capital(GitHub.Pull), Capital(Pull), StringComparison.Ordinal);
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>Those that are understood everywhere.</summary>
    public static ForgeTerms Usual => GitHub;

    /// <summary>The terms of a forge.</summary>
    public static ForgeTerms Of(ForgeKind forge) => forge switch
    {
        ForgeKind.GitHub => GitHub,
        ForgeKind.GitLab => GitLab,
        _ => throw new ArgumentOutOfRangeException(nameof(forge), forge, "No forge of this kind is known."),
    };

    /// <summary>Likewise, of a repository's forge.</summary>
    public static ForgeTerms Of(RepoRef repo)
    {
        ArgumentNullException.ThrowIfNull(repo);
        return Of(repo.Forge);
    }
}
