using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Components;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>One task: where it stands, its plan, what may be said to it, and its log as it grows.</summary>
/// <param name="sight">Finds the task, for who may see it.</param>
/// <param name="log">Their logs.</param>
public sealed partial class TaskPage(TaskSight sight, ITaskLog log)
{
    // What a browser shows without effort; a run of days has thousands.
    private const int Shown = 200;
    private const int Most = 20_000;

    private TaskSummary? _task;
    private IReadOnlyList<TaskLogRow> _log = [];
    private bool _isCut;

    /// <summary>Id of the task.</summary>
    [Parameter]
    public string Id { get; set; } = "";

    /// <summary>What became of what the reader did.</summary>
    [SupplyParameterFromQuery(Name = "told")]
    public string? Told { get; set; }

    /// <summary>Anything to see all of the log.</summary>
    [SupplyParameterFromQuery(Name = "whole")]
    public string? Whole { get; set; }

    /// <summary>The request.</summary>
    [CascadingParameter]
    public HttpContext Http { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        if (await sight.FindAsync(Http.User, Id, Http.RequestAborted) is not { Task: var task })
        {
            Http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        _task = task;
        if (Whole is not null)
        {
            _log = await log.ReadAsync(task.Id, 0, Most, Http.RequestAborted);
            return;
        }

        _log = await log.ReadLastAsync(task.Id, Shown + 1, Http.RequestAborted);
        _isCut = _log.Count > Shown;
        if (_isCut)
            _log = [.. _log.Skip(1)];
    }
}
