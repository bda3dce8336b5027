namespace CodingAgent.BotHost.Pages.Parts;

/// <summary>What all pages must know of where they are and who may see them.</summary>
public static class Site
{
    /// <summary>Where they begin.</summary>
    public const string Root = "/ui";

    /// <summary>Where a task's page is.</summary>
    /// <param name="task">The task.</param>
    internal static string PathOf(CodingAgent.Workflows.Tasks.TaskId task) => $"{Root}/tasks/{Words.PathOf(task)}";

    /// <summary>Who may see how the service is set up.</summary>
    public const string AdminPolicy = "pages-admin";

    /// <summary>Whoever is signed in with a key. What is for persons of a forge too says so by another policy.</summary>
    public const string ViewerPolicy = "pages";

    /// <summary>Who may do with a key what operators do.</summary>
    public const string OperatorPolicy = "pages-operate";

    /// <summary>Whoever is signed in; of tasks they see what <c>TaskSight</c> lets them.</summary>
    public const string TasksPolicy = "pages-tasks";

    /// <summary>Who may steer a task that they see.</summary>
    public const string SteerPolicy = "pages-steer";

    /// <summary>The claim that names the forge of a person who signed in there; key holders have none.</summary>
    public const string ForgeClaim = "forge";
}
