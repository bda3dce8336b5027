using CodingAgent.Forges;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Api;

/// <summary>Checks a <see cref="SignalRequest"/> and turns it into what the task is told; pure.</summary>
public static class SignalRequestReader
{
    // As a comment on the forge.
    internal const int MaxTextLength = 65_536;

    /// <summary>The calls.</summary>
    internal static readonly string[] Names = ["approve", "finish", "reject", "retry", "review", "stop"];

    /// <summary>The signal, or one line that says what is wrong.</summary>
    /// <param name="name">The call: approve, finish, reject, retry, review or stop.</param>
    /// <param name="request">Its body.</param>
    /// <param name="caller">Who sends it.</param>
    /// <param name="now">When it came.</param>
    /// <param name="fallbackKey">Key of a request that brings none; unique.</param>
    public static (CodingTaskSignal? Signal, string? Error) Read(string name, SignalRequest request, Actor caller, DateTimeOffset now, string fallbackKey)
    {
        if (request.IdempotencyKey is { } key && !TaskRequestReader.IsKey(key))
            return (null, TaskRequestReader.KeyRule);
        // The same key may stand for the creation and for each signal of one piece of work: they are different calls.
        var delivery = $"rest:{name}:{request.IdempotencyKey ?? fallbackKey}";
        var actor = caller.Login;
        if (request.Text?.Length > MaxTextLength)
            return (null, $"'text' has at most {MaxTextLength} characters.");
        var words = string.IsNullOrWhiteSpace(request.Text) ? null : request.Text;
        (CodingTaskSignal?, string?) Command(AgentCommand command) => (new CodingTaskSignal.CommandGiven(delivery, actor, now, command, null) { FromRest = true }, null);
        return name switch
        {
            "approve" when request.PlanHash is { } hash && !IsHash(hash) => (null, "planHash is the hash shown under the plan: 6 to 64 hex digits. Leave it out to approve the plan as it stands."),
            "approve" => Command(new AgentCommand.Approve(request.PlanHash?.ToLowerInvariant()) { Words = words }),
            "reject" => IsText(request.Why) ? Command(new AgentCommand.Reject(request.Why!)) : (null, $"reject needs 'why', with at most {MaxTextLength} characters."),
            "stop" => Command(new AgentCommand.Stop()),
            "retry" => Command(new AgentCommand.Retry() { Words = words }),
            "finish" => Command(new AgentCommand.Finish()),
            "review" => IsText(request.Text)
                ? (new CodingTaskSignal.CommentWritten(delivery, actor, now, 0, request.Text!) { IsAddressed = true }, null)
                : (null, $"review needs 'text', with at most {MaxTextLength} characters."),
            _ => (null, $"'{ApiText.Shown(name)}' is not a signal; it is one of {string.Join(", ", Names)}."),
        };
    }

    private static bool IsText(string? text) => !string.IsNullOrWhiteSpace(text) && text.Length <= MaxTextLength;

    private static bool IsHash(string text) => text.Length is >= 6 and <= 64 && text.All(char.IsAsciiHexDigit);
}
