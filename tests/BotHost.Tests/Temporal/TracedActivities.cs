using Temporalio.Activities;
using Temporalio.Exceptions;

namespace CodingAgent.BotHost.Tests.Temporal;

public sealed class TracedActivities
{
    public const string Words = "what a forge said";

    [Activity]
    public void Work()
    {
    }

    [Activity]
    public void Fail() => throw new ApplicationFailureException(Words, nonRetryable: true);
}
