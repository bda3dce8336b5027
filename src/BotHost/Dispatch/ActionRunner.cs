using System.Net;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>Carries out what the router decided. Every effect may be repeated: signals by delivery id, replies by marker.</summary>
public sealed partial class ActionRunner(ITaskGateway gateway, IForgeIssues issues, ILinkStore links, ILogger<ActionRunner> logger)
{
    /// <summary>Carries out one action and says in words what came of it.</summary>
    public async Task<string> RunAsync(BotAction action, CancellationToken cancellationToken)
    {
        switch (action)
        {
            case BotAction.Ignore ignore:
                return $"ignored: {ignore.Reason}";
            case BotAction.StartTask start:
                await gateway.StartAsync(start.Input, start.Command, cancellationToken);
                // The next event on the same issue or pull request must find its task, even before the task has said a word.
                await links.LinkAsync(start.Input.Id, start.Input.Repo, start.Input.Issue, start.Input.Pull, null, cancellationToken);
                var (started, asked) = (start.Input.Id.ToString(), NameOf(start.Command));
                LogAsked(started, asked, start.Input.RequestedBy.Login);
                return $"started {started}";
            case BotAction.Signal signal:
                var (told, what) = (signal.Task.ToString(), NameOf(signal.Message));
                if (await gateway.SignalAsync(signal.Task, signal.Message, cancellationToken))
                {
                    // What people say; what the forge reports of CI and heads comes in crowds.
                    if (signal.Message is not (CodingTaskSignal.CiChanged or CodingTaskSignal.PullChanged))
                        LogAsked(told, what, signal.Message.Actor);
                    return $"told {told}: {what}";
                }

                if (signal.WhenNotRunning is { } answer)
                    await RunAsync(answer, cancellationToken);
                return $"{told} has ended";
            case BotAction.Reply reply:
                try
                {
                    await issues.EnsureCommentAsync(reply.Repo, reply.On, reply.Marker, reply.Body, cancellationToken);
                }
                catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Locked)
                {
                    return "not answered: the conversation is locked";
                }

                var (where, words) = (reply.Repo.ToString(), reply.Body.Split('\n')[0]);
                LogAnswered(where, reply.On.Number, words);
                return "answered";
            case BotAction.React react:
                return await ReactAsync(react, cancellationToken);
            default:
                throw new InvalidOperationException($"No way to carry out {action.GetType().Name}.");
        }
    }

    // A courtesy: what it acknowledges has been accepted, and trying it all again for a pair of eyes could start a task twice.
    private async Task<string> ReactAsync(BotAction.React react, CancellationToken cancellationToken)
    {
        try
        {
            await issues.AddReactionAsync(react.Repo, react.On, react.CommentId, react.Reaction, cancellationToken);
            return "acknowledged";
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNoReaction(react.Repo.ToString(), react.On.Number, e.Message);
            return "not acknowledged";
        }
    }

    private static string NameOf(CodingTaskSignal signal) =>
        signal is CodingTaskSignal.CommandGiven { Command: var command } ? command.GetType().Name : signal.GetType().Name;

    [LoggerMessage(EventId = 2102, Level = LogLevel.Information, Message = "{Task}: {What} by {Actor}")]
    private partial void LogAsked(string task, string what, string actor);

    [LoggerMessage(EventId = 2103, Level = LogLevel.Information, Message = "{Repo}#{Number} answered: {Words}")]
    private partial void LogAnswered(string repo, int number, string words);

    [LoggerMessage(EventId = 2101, Level = LogLevel.Warning, Message = "No reaction on {Repo}#{Number}: {Error}")]
    private partial void LogNoReaction(string repo, int number, string error);
}
