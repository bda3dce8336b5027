namespace CodingAgent.BotHost.Pages.Parts;

/// <summary>What all pages must know of where they are and who may see them.</summary>
public static class Site
{
    /// <summary>Where they begin.</summary>
    public const string Root = "/ui";

    /// <summary>Where a task's page is.</summary>
    /// <param name="task">The task.</param>
    internal static string PathOf(CodingAgent.Workflows.Tasks.TaskId task) => $"{Root}/tasks/{Words.PathOf(task)}";

    /// <summary>Whoever is signed in.</summary>
    public const string ViewerPolicy = "pages";

    /// <summary>Who may see how the service is set up.</summary>
    public const string AdminPolicy = "pages-admin";

    /// <summary>Who may steer tasks.</summary>
    public const string OperatorPolicy = "pages-steer";
}
