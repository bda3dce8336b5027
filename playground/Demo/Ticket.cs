using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Playground.Demo;

/// <summary>What a story is about.</summary>
/// <param name="Title">Title of the issue.</param>
/// <param name="Body">Body of the issue.</param>
/// <param name="ReviewedFile">File the human's review remark is about; the pull request must change it.</param>
/// <param name="Remark">The review remark.</param>
public sealed record Ticket(string Title, string Body, string ReviewedFile, string Remark)
{
    /// <summary>The ticket of the demo, for the repository in <c>Sample</c>.</summary>
    public static Ticket Retries { get; } = new(
        "Add retries to payment client",
        """
        Calls to the payment provider fail now and then with 503 or a dropped connection, and we lose the payment. Please retry.

        Acceptance criteria
        - Transient failures (network errors, 408, 429, 5xx) are retried; other answers are not.
        - The wait between tries grows, and a `CancellationToken` ends it at once.
        - A payment is never charged twice: every try carries the same idempotency key.
        - Tests cover success after a failure, giving up, and no retry on 400.
        """,
        "src/PaymentClient/PaymentClient.cs",
        "Please make the number of attempts configurable instead of a constant.");

    /// <summary>The ticket of the repository in shell.</summary>
    public static Ticket ThreeNumbers { get; } = new(ShellSample.IssueTitle, ShellSample.IssueBody, "src/add.sh", ShellSample.ReviewRemark);
}
