using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.Forges;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Components;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>What a task's pull request changes, as the forge has it now, with what was proved and what to look at first.</summary>
/// <param name="sight">Finds the task, for who may see it.</param>
/// <param name="forge">Has the pull request.</param>
/// <param name="colours">Colours its lines.</param>
/// <param name="time">Clock.</param>
public sealed partial class ChangesPage(TaskSight sight, IForge forge, SyntaxColours colours, TimeProvider time) : OneTaskPage(sight)
{
    // What a browser shows without effort; the rest opens when it is asked for.
    private const int OpenFiles = 30;

    private PullRequest? _pull;
    private IReadOnlyList<(PullRequestFile File, (int Added, int Removed) Lines)> _files = [];
    private MarkupString _body;
    private readonly SyntaxColours.Page _colours = colours.Begin(time);
    private string? _problem;

    private string Here => Http.Request.Path.Value!;

    /// <inheritdoc/>
    protected override async Task LoadAsync(TaskSummary task)
    {
        if (task.Pull is not { } number)
            return;
        try
        {
            _pull = await forge.GetPullAsync(task.Repo, number, Http.RequestAborted);
            _files = [.. (await forge.ListChangesAsync(task.Repo, number, Http.RequestAborted)).Select(f => (f, DiffLines.Count(f.Patch ?? "")))];
            _body = SafeMarkdown.Render(_pull.Body);
        }
        catch (Exception e) when (e is ForgeRejectedException or ForgeUnavailableException)
        {
            _problem = e.Message;
        }
    }

    private static string Shown(string text) => Invisible.Shown(text);
}
