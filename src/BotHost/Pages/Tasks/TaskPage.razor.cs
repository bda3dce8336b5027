using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Components;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>One task: where it stands, its plan, what may be said to it, and its log as it grows.</summary>
/// <param name="sight">Finds the task, for who may see it.</param>
/// <param name="log">Their logs.</param>
public sealed partial class TaskPage(TaskSight sight, ITaskLog log) : OneTaskPage(sight)
{
    // What a browser shows without effort; a run of days has thousands.
    private const int Shown = 200;
    private const int Most = 20_000;

    private IReadOnlyList<TaskLogRow> _log = [];
    private bool _isCut;

    /// <summary>What became of what the reader did.</summary>
    [SupplyParameterFromQuery(Name = "told")]
    public string? Told { get; set; }

    /// <summary>Anything to see all of the log.</summary>
    [SupplyParameterFromQuery(Name = "whole")]
    public string? Whole { get; set; }

    /// <inheritdoc/>
    protected override async Task LoadAsync(TaskSummary task)
    {
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
