using System.Globalization;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.Forges;
using CodingAgent.Storage;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Primitives;

namespace CodingAgent.BotHost.Pages.Dashboard;

/// <summary>What came of tasks, by the week.</summary>
/// <param name="statistics">The figures.</param>
/// <param name="served">Which forge a repository is on that is named without one.</param>
/// <param name="settings">What to compare with.</param>
/// <param name="time">Clock.</param>
public sealed partial class DashboardPage(TaskStatistics statistics, ServedRepositories served, DashboardSettings settings, TimeProvider time)
{
    private const string Address = Site.Root + "/dashboard";
    private const int UsualWeeks = 12;

    private static readonly int[] Choices = [4, UsualWeeks, 26, 52];

    private int _weeks = UsualWeeks;
    private IReadOnlyList<Plot> _plots = [];
    private IReadOnlyList<DateTimeOffset> _starts = [];
    private IReadOnlyList<RepoRef> _repositories = [];
    private string? _problem;
    private bool _isFiltered;

    /// <summary>The request.</summary>
    [CascadingParameter]
    public HttpContext Http { get; set; } = null!;

    private ServedRepositories Served => served;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        if (int.TryParse(Value("weeks"), NumberStyles.None, CultureInfo.InvariantCulture, out var weeks) && Choices.Contains(weeks))
            _weeks = weeks;
        _repositories = await statistics.ListRepositoriesAsync(Http.RequestAborted);
        // A form sends its empty fields, too.
        var asked = new QueryCollection(Http.Request.Query.Where(p => p.Key is "repo" or "kind" && !string.IsNullOrWhiteSpace(p.Value)).ToDictionary(p => p.Key, p => new StringValues(p.Value.ToString().Trim())));
        _isFiltered = asked.Count > 0;
        var (query, problem) = TaskListReader.Read(asked, served.Usual);
        _problem = problem?.Detail;
        if (query is null)
            return;
        var scope = new StatisticsQuery(time.GetUtcNow(), _weeks) { Repo = query.Repo, Kind = query.Kinds is [var kind] ? kind : null };
        var (each, whole) = await statistics.ReadAsync(scope, Http.RequestAborted);
        _starts = [.. each.Select(w => w.From)];
        _plots = DashboardPlots.Of(each, whole, settings.BaselineLeadTime);
    }

    private string Value(string name) => Http.Request.Query[name].ToString();
}
