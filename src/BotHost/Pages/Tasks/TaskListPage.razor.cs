using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Primitives;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>The list of tasks, by the parameters of <c>GET /tasks</c>.</summary>
/// <param name="tasks">Where tasks stand.</param>
/// <param name="sight">Who sees which.</param>
/// <param name="served">Which forge a repository is on that is named without one.</param>
public sealed partial class TaskListPage(ITaskProjection tasks, TaskSight sight, ServedRepositories served)
{
    private const int PerPage = 50;

    private TaskGroup _group = TaskGroup.All[0];
    private IReadOnlyList<TaskSummary> _tasks = [];
    private string? _older;
    private string? _problem;
    private bool _isFiltered;
    private bool _isPartial;
    private bool _isAll;

    /// <summary>The request.</summary>
    [CascadingParameter]
    public HttpContext Http { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        _group = TaskGroup.All.FirstOrDefault(g => g.Name == Value("show")) ?? TaskGroup.All[0];
        // A form sends its empty fields, too.
        var asked = new QueryCollection(Http.Request.Query.Where(p => p.Key != "show" && !string.IsNullOrWhiteSpace(p.Value)).ToDictionary(p => p.Key, p => new StringValues(p.Value.ToString().Trim())));
        _isFiltered = asked.Keys.Any(k => k != "after");
        var (query, problem) = TaskListReader.Read(asked, served.Usual);
        _problem = problem?.Detail;
        if (query is null)
            return;
        (var within, _isPartial) = await sight.LookAsync(Http.User, Http.RequestAborted);
        _isAll = within is null;
        // One more than is shown tells whether there are older ones.
        var found = await tasks.ListAsync(query with { Within = within, States = _group.States, Limit = PerPage + 1 }, Http.RequestAborted);
        _tasks = [.. found.Take(PerPage)];
        if (found.Count > PerPage)
            _older = Site.Root + TaskListReader.Next(new QueryCollection(asked.Append(new("show", _group.Name)).ToDictionary()), _tasks[^1]);
    }

    private string Value(string name) => Http.Request.Query[name].ToString();

    private string AddressOf(TaskGroup group) =>
        Site.Root + QueryString.Create(Http.Request.Query.Where(p => p.Key is not ("show" or "after") && !string.IsNullOrEmpty(p.Value)).Append(new("show", group.Name)));
}
