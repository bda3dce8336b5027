namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>The demo's ticket on its sample repository: a payment client learns to try again.</summary>
internal sealed class PaymentRetries : Scenario
{
    public override string Title => "Add retries to payment client";

    protected override string Code => "src/PaymentClient/PaymentClient.cs";

    protected override string Tests => "tests/PaymentClient.Tests/PaymentClientRetryTests.cs";

    protected override string[] Context =>
    [
        "tests/PaymentClient.Tests/PaymentClientTests.cs", "tests/PaymentClient.Tests/FakeProvider.cs",
    ];

    protected override (string First, string Repaired, string Reviewed) Marks => ("for (var attempt", "CreateRequest", "_maxAttempts");

    // What such clients often look like; this one does not.
    protected override (string Old, string New) RememberedEdit => (
        "        var response = await _http.PostAsJsonAsync(\"charges\", payment, cancellationToken);",
        "        var response = await SendWithRetriesAsync(payment, cancellationToken);");

    protected override object Plan => new
    {
        goal = "A charge that fails for a passing reason (dropped connection, 408, 429, 5xx) is tried again, up to three times, under the same idempotency key.",
        constraints = new[]
        {
            "Other answers, such as 400, are not retried.",
            "The wait grows from try to try, and cancellation ends it at once.",
            "The library keeps having no dependencies; existing callers compile unchanged.",
        },
        edits = new[] { new { path = Code, intent = "Send in a loop of at most three attempts with growing waits; wait through an optional constructor parameter, so that tests need no real time.", functions = new[] { "PaymentClient", "ChargeAsync" } } },
        tests = new[] { new { path = Tests, intent = "Success after a failure and after a dropped connection with the same key, giving up after three attempts with growing waits, no retry on 400, cancellation while waiting.", functions = Array.Empty<string>() } },
        rationale = "The client itself knows which failures pass and has the idempotency key; a retrying handler below it would see neither, and a package for it would be the library's first dependency.",
        risks = new[]
        {
            "A charge could be made twice: the idempotency key is the payment's id and the same in every attempt, so the provider charges once.",
            "Calls take longer when the provider is down: at most two waits of 200 and 400 milliseconds are added.",
        },
        questions = Array.Empty<string>(),
    };

    protected override object ChangeReport => new
    {
        title = "feat(client): retry charges that fail for a passing reason",
        summary = "PaymentClient sends a charge up to three times when the connection fails or the provider answers 408, 429 or 5xx. The waits grow (200 ms, 400 ms) and end at once on cancellation. Other answers fail as before.",
        why = "The provider's failures are mostly short. The payment's id is the idempotency key of every attempt, so that trying again cannot charge twice. A request message can be sent only once, so each attempt makes its own.",
        howToTest = "dotnet test tests/PaymentClient.Tests",
        rollback = "Revert the commit; nothing is stored and no interface of callers changes.",
        threads = Array.Empty<object>(),
    };

    protected override object Critique => new
    {
        approved = true,
        findings = new[]
        {
            new { path = Code, severity = "advice", note = "A Retry-After header of a 429 answer is not looked at. Honouring it would be kinder to the provider; the issue does not ask for it." },
        },
    };

    protected override (string Title, string Answer) ReviewReport => (
        "feat(client): make the number of attempts configurable",
        "The number of attempts is now a constructor parameter, maxAttempts, three by default; less than one is refused. A test covers both.");

    protected override IEnumerable<(string Old, string New)> FirstEdits(FileText code)
    {
        var usings = code.Line("using System.Net.Http.Json;");
        yield return (usings, $"using System.Net;\n{usings}");

        var head = code.Block("/// <summary>Charges payments at the provider.", "{");
        yield return (head, head
            .Replace("at the provider.</summary>", "at the provider, and tries again when a failure may pass.</summary>", StringComparison.Ordinal)
            .Replace(
                "public sealed class PaymentClient(HttpClient http)\n{",
                """
                /// <param name="http">Client with the provider's base address.</param>
                /// <param name="wait">Waits between attempts; real time by default.</param>
                public sealed class PaymentClient(HttpClient http, Func<TimeSpan, CancellationToken, Task>? wait = null)
                {
                    private const int MaxAttempts = 3;

                    private readonly Func<TimeSpan, CancellationToken, Task> _wait = wait ?? Task.Delay;

                """,
                StringComparison.Ordinal));

        var send = code.Line("await http.SendAsync(");
        var receipt = code.Block("return await response.Content", "throw new InvalidDataException");
        yield return (code.ToEnd("await http.SendAsync("), $$"""
                    for (var attempt = 1; ; attempt++)
                    {
                        try
                        {
            {{Indent(send, 8)}}
                            if (response.IsSuccessStatusCode)
                            {
            {{Indent(receipt, 12)}}
                            }
                            if (attempt == MaxAttempts || !IsTransient(response))
                                throw new PaymentFailedException(payment.Id, (int)response.StatusCode);
                        }
                        catch (Exception e) when (attempt < MaxAttempts && IsTransient(e, cancellationToken))
                        {
                            // The provider may or may not have charged; the key makes it safe to send again.
                        }

                        await _wait(TimeSpan.FromMilliseconds(100 * Math.Pow(2, attempt)), cancellationToken);
                    }
                }

                private static bool IsTransient(HttpResponseMessage response) => response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500;

                // A time-out of the HttpClient is a cancellation that the caller did not ask for.
                private static bool IsTransient(Exception error, CancellationToken cancellationToken) =>
                    error is HttpRequestException
                    || (error is TaskCanceledException && !cancellationToken.IsCancellationRequested);
            }
            """);
    }

    protected override Answer.Call AddTests(Conversation c) => Answer.Write(Tests, """
        using System.Net;

        namespace Payments.Tests;

        public sealed class PaymentClientRetryTests
        {
            private static readonly Payment Book = new("order-17", 1990, "EUR");

            private readonly List<TimeSpan> _waits = [];

            [Fact]
            public async Task Charge_ProviderFailsOnce_TriesAgainWithTheSameKey()
            {
                var provider = new FakeProvider(HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK);

                var receipt = await new PaymentClient(provider.CreateHttpClient(), WaitAsync).ChargeAsync(Book);

                Assert.Equal("receipt-2", receipt.Reference);
                Assert.Equal(["order-17", "order-17"], provider.Keys);
            }

            [Fact]
            public async Task Charge_ConnectionDrops_TriesAgain()
            {
                var provider = new FakeProvider(null, HttpStatusCode.OK);

                var receipt = await new PaymentClient(provider.CreateHttpClient(), WaitAsync).ChargeAsync(Book);

                Assert.Equal("receipt-2", receipt.Reference);
            }

            [Fact]
            public async Task Charge_ProviderKeepsFailing_GivesUpAfterGrowingWaits()
            {
                var provider = new FakeProvider(
                    HttpStatusCode.ServiceUnavailable, HttpStatusCode.TooManyRequests, HttpStatusCode.BadGateway);

                var failure = await Assert.ThrowsAsync<PaymentFailedException>(() =>
                    new PaymentClient(provider.CreateHttpClient(), WaitAsync).ChargeAsync(Book));

                Assert.Equal(502, failure.Status);
                Assert.Equal(3, provider.Keys.Count);
                Assert.Equal([TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(400)], _waits);
            }

            [Fact]
            public async Task Charge_ProviderRefuses_DoesNotTryAgain()
            {
                var provider = new FakeProvider(HttpStatusCode.BadRequest);

                await Assert.ThrowsAsync<PaymentFailedException>(() =>
                    new PaymentClient(provider.CreateHttpClient(), WaitAsync).ChargeAsync(Book));

                Assert.Single(provider.Keys);
                Assert.Empty(_waits);
            }

            [Fact]
            public async Task Charge_CancelledWhileWaiting_StopsAtOnce()
            {
                using var cancelled = new CancellationTokenSource();
                var provider = new FakeProvider(HttpStatusCode.ServiceUnavailable);
                var client = new PaymentClient(provider.CreateHttpClient(), (time, token) =>
                {
                    cancelled.Cancel();
                    return Task.Delay(time, token);
                });

                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ChargeAsync(Book, cancelled.Token));

                Assert.Single(provider.Keys);
            }

            private Task WaitAsync(TimeSpan time, CancellationToken cancellationToken)
            {
                _waits.Add(time);
                return Task.CompletedTask;
            }
        }

        """);

    protected override IEnumerable<(string Old, string New)> RepairEdits(FileText code)
    {
        // The red test said it: one request message cannot be sent twice. Each attempt gets its own.
        var make = code.Block("using var request = new HttpRequestMessage", "request.Content = JsonContent.Create");
        var old = code.Block("using var request = new HttpRequestMessage", "await http.SendAsync(");
        var rest = old[(make.Length + 1)..].TrimStart('\n');
        var send = code.Line("await http.SendAsync(");
        yield return (old, rest.Replace(send, $"{Indent("using var request = CreateRequest(payment);", 16)}\n{send}", StringComparison.Ordinal));

        var before = code.Line("private static bool IsTransient(HttpResponseMessage");
        yield return (before, $$"""
                // A message can be sent only once, so every attempt makes its own.
                private static HttpRequestMessage CreateRequest(Payment payment)
                {
            {{make.Replace("using var request", "var request", StringComparison.Ordinal)}}
                    return request;
                }

            {{before}}
            """);
    }

    protected override string Shorten(string line) => line.Length <= 120 || !line.Contains(" => ", StringComparison.Ordinal)
        ? line
        : line.Replace(" => ", " =>\n        ", StringComparison.Ordinal).Replace(" || ", "\n        || ", StringComparison.Ordinal);

    protected override bool Understands(string remark) => remark.Contains("attempts", StringComparison.OrdinalIgnoreCase);

    protected override IEnumerable<(string Old, string New)> ReviewEdits(FileText code)
    {
        var head = code.Block("/// <param name=\"wait\">", "public sealed class PaymentClient(");
        yield return (head, head
            .Replace("public sealed", "/// <param name=\"maxAttempts\">How often a charge is sent at most; at least 1.</param>\npublic sealed", StringComparison.Ordinal)
            .Replace("PaymentClient(HttpClient http, ", "PaymentClient(\n    HttpClient http, ", StringComparison.Ordinal)
            .Replace("wait = null)", "wait = null, int maxAttempts = 3)", StringComparison.Ordinal));
        yield return (code.Line("private const int MaxAttempts"), """
                private readonly int _maxAttempts = maxAttempts >= 1
                    ? maxAttempts
                    : throw new ArgumentOutOfRangeException(nameof(maxAttempts), maxAttempts, "At least one is needed.");
            """);
        foreach (var line in code.Lines.Where(l => l.Contains("MaxAttempts", StringComparison.Ordinal) && !l.Contains("private const", StringComparison.Ordinal)))
            yield return (line, line.Replace("MaxAttempts", "_maxAttempts", StringComparison.Ordinal));
    }

    protected override IEnumerable<(string Old, string New)> ReviewTestEdits(FileText tests)
    {
        var last = tests.Line("private Task WaitAsync(");
        yield return (last, $$"""
                [Fact]
                public async Task Charge_OneAttemptAllowed_DoesNotTryAgain()
                {
                    var provider = new FakeProvider(HttpStatusCode.ServiceUnavailable);

                    await Assert.ThrowsAsync<PaymentFailedException>(() =>
                        new PaymentClient(provider.CreateHttpClient(), WaitAsync, maxAttempts: 1).ChargeAsync(Book));

                    Assert.Single(provider.Keys);
                }

                [Fact]
                public void Create_NoAttemptAllowed_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() =>
                    new PaymentClient(new FakeProvider().CreateHttpClient(), maxAttempts: 0));

            {{last}}
            """);
    }

    private static string Indent(string block, int spaces) =>
        string.Join('\n', block.Split('\n').Select(l => l.Length == 0 ? l : new string(' ', spaces) + l));
}
