using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Components;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>What the pages of one task have in common: they find it for who may see it, or say that it is not there.</summary>
/// <param name="sight">Finds it.</param>
public abstract class OneTaskPage(TaskSight sight) : ComponentBase
{
    /// <summary>Id of the task.</summary>
    [Parameter]
    public string Id { get; set; } = "";

    /// <summary>The request.</summary>
    [CascadingParameter]
    public HttpContext Http { get; set; } = null!;

    /// <summary>The task; null when there is none, or none for them.</summary>
    protected TaskSummary? Found { get; private set; }

    /// <inheritdoc/>
    protected sealed override async Task OnInitializedAsync()
    {
        if (await sight.FindAsync(Http.User, Id, Http.RequestAborted) is { Task: var task })
        {
            await LoadAsync(task);
            Found = task;
        }
        else
        {
            // Words for it come with the status.
            Http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    /// <summary>Reads what the page shows beside it.</summary>
    /// <param name="task">The task.</param>
    protected abstract Task LoadAsync(TaskSummary task);
}
