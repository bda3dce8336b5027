using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>What a task's page does besides being shown: what its form says goes to the task, and what changes comes into it.</summary>
internal static class TaskActions
{
    /// <summary>Maps both.</summary>
    public static void MapTaskActions(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Site.Root + "/steer/{**id}", SteerAsync).RequireAuthorization(Site.SteerPolicy);
        routes.MapGet(Site.Root + "/live/{**id}", FollowAsync).RequireAuthorization(Site.TasksPolicy);
    }

    private static async Task<IResult> SteerAsync(string id, HttpContext http, IFormCollection form, TaskSteering steering, TaskSight sight, Redaction redaction, CancellationToken cancellationToken)
    {
        if (!TaskId.TryParse(id, out var task))
            return Results.NotFound();
        var (signal, text) = (form["signal"].ToString(), form["text"].ToString().ReplaceLineEndings("\n").Trim());
        var request = signal switch
        {
            "approve" => new SignalRequest { PlanHash = form["planHash"].ToString() is { Length: > 0 } hash ? hash : null, Text = text },
            "reject" => new SignalRequest { Why = text },
            _ => new SignalRequest { Text = text },
        };
        var words = Told(signal);
        try
        {
            var outcome = await sight.MaySteerAsync(http.User, task, cancellationToken)
                ? await steering.SteerAsync(task, signal, request, ForgePerson.Of(http.User)?.Account ?? ApiActor.Of(http.User), cancellationToken)
                : TaskSteering.NoTask(task);
            (task, words) = (outcome.Id, outcome.Refusal ?? words);
        }
        catch (TaskGatewayUnavailableException e)
        {
            words = $"{ApiText.Shown(redaction.Apply(e.Message))} Nothing was done; try again later.";
        }

        http.Response.Headers.Location = $"{Site.PathOf(task)}{QueryString.Create("told", words)}";
        // 303: a page that is loaded again says nothing twice.
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }

    private static string Told(string signal) => signal switch
    {
        "approve" => "Told: the plan is approved.",
        "reject" => "Told: the plan is rejected. A new one follows.",
        "review" => "Told. It is taken up at the next turn.",
        "stop" => "Told to stop. It ends at the next turn; the branch stays.",
        "finish" => "Told to finish with what is there.",
        _ => "Told to try again.",
    };

    private static async Task<IResult> FollowAsync(string id, HttpContext http, TaskSight sight, TaskFollower follower, CancellationToken cancellationToken)
    {
        if (await sight.FindAsync(http.User, id, cancellationToken) is not { } seen || TaskLogEndpoints.AfterOf(http.Request, out _) is not { } after)
            return Results.NotFound();
        return TypedResults.ServerSentEvents(PartsAsync(seen, after, follower, http.RequestServices, cancellationToken));
    }

    // Parts of the page as it would be rendered now: what is shown in one way only cannot differ.
    private static async IAsyncEnumerable<SseItem<string>> PartsAsync(
        TaskSight.Sighting sighting, long after, TaskFollower follower, IServiceProvider services, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var renderer = new HtmlRenderer(services, services.GetRequiredService<ILoggerFactory>());
        await foreach (var seen in follower.FollowAsync(sighting.Task.Id, after, cancellationToken, sighting.Until))
        {
            switch (seen)
            {
                case TaskFollower.Seen.Entry { Row: var row }:
                    yield return new SseItem<string>(await RenderAsync<LogEntry>(renderer, nameof(LogEntry.Row), row), "log") { EventId = $"{row.Seq}" };
                    break;
                case TaskFollower.Seen.Changed { Task: var summary }:
                    yield return new SseItem<string>(await RenderAsync<TaskHead>(renderer, nameof(TaskHead.Task), summary), "head");
                    yield return new SseItem<string>(await RenderAsync<PlanView>(renderer, nameof(PlanView.Task), summary), "plan");
                    yield return new SseItem<string>(await RenderAsync<TaskFacts>(renderer, nameof(TaskFacts.Task), summary), "facts");
                    yield return new SseItem<string>($"{summary.State} {summary.Plan?.Hash}", "state");
                    break;
                case TaskFollower.Seen.Ended:
                    yield return new SseItem<string>("", "end");
                    break;
                default:
                    yield return new SseItem<string>("", "ping");
                    break;
            }
        }
    }

    private static Task<string> RenderAsync<TComponent>(HtmlRenderer renderer, string parameter, object value)
        where TComponent : IComponent =>
        renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<TComponent>(ParameterView.FromDictionary(new Dictionary<string, object?> { [parameter] = value }))).ToHtmlString());
}
