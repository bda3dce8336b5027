using System.Net.Http.Json;

namespace Payments;

/// <summary>Charges payments at the provider.</summary>
public sealed class PaymentClient(HttpClient http)
{
    /// <summary>Charges a payment and returns the provider's receipt.</summary>
    /// <exception cref="PaymentFailedException">The provider did not charge it.</exception>
    public async Task<PaymentReceipt> ChargeAsync(Payment payment, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "charges");
        // The provider charges a key once, however often it is sent.
        request.Headers.Add("Idempotency-Key", payment.Id);
        request.Content = JsonContent.Create(payment);

        using var response = await http.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new PaymentFailedException(payment.Id, (int)response.StatusCode);

        return await response.Content.ReadFromJsonAsync<PaymentReceipt>(cancellationToken)
            ?? throw new InvalidDataException("The provider sent an empty receipt.");
    }
}
