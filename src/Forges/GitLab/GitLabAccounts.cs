using System.Text.RegularExpressions;

namespace CodingAgent.Forges.GitLab;

/// <summary>What kind of account somebody is, which GitLab says in few of its answers and events: the names of machines tell.</summary>
internal static partial class GitLabAccounts
{
    /// <summary>Kind of an account.</summary>
    /// <param name="name">User name.</param>
    /// <param name="isBot">What the forge said; null when it did not.</param>
    public static ActorKind KindOf(string name, bool? isBot) => name switch
    {
        // Whose account was deleted. https://docs.gitlab.com/user/profile/account/delete_account/#associated-records
        "ghost" or "ghost1" => ActorKind.Other,
        _ => isBot == true || MachineName().IsMatch(name) ? ActorKind.Bot : ActorKind.User,
    };

    // Users of project and group access tokens, service accounts, and GitLab's own.
    // https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects, https://docs.gitlab.com/user/profile/service_accounts/
    [GeneratedRegex("^((project|group)_[0-9]+_bot[0-9a-z_]*|service_account_(group_[0-9]+_)?[0-9a-f]+|(support|alert|GitLab-security|GitLab-Admin|gitlab-automation|migration)-bot[0-9]*)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex MachineName();
}
