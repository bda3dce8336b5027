using System.Net;
using System.Net.Http.Json;

namespace Payments.Tests;

/// <summary>A provider that answers as told and remembers what it was asked. Null: the connection drops.</summary>
internal sealed class FakeProvider(params HttpStatusCode?[] answers) : HttpMessageHandler
{
    private readonly Queue<HttpStatusCode?> _answers = new(answers);

    /// <summary>Idempotency key of every request, in order.</summary>
    public List<string> Keys { get; } = [];

    public HttpClient CreateHttpClient() => new(this) { BaseAddress = new Uri("https://provider.example/") };

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Keys.Add(request.Headers.GetValues("Idempotency-Key").Single());
        var status = _answers.Dequeue() ?? throw new HttpRequestException("The connection was dropped.");
        return Task.FromResult(new HttpResponseMessage(status)
        {
            Content = JsonContent.Create(new PaymentReceipt($"receipt-{Keys.Count}")),
        });
    }
}
