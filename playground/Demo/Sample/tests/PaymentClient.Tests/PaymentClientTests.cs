using System.Net;

namespace Payments.Tests;

public sealed class PaymentClientTests
{
    private static readonly Payment Book = new("order-17", 1990, "EUR");

    [Fact]
    public async Task Charge_ProviderAccepts_ReturnsTheReceipt()
    {
        var provider = new FakeProvider(HttpStatusCode.OK);

        var receipt = await new PaymentClient(provider.CreateHttpClient()).ChargeAsync(Book);

        Assert.Equal("receipt-1", receipt.Reference);
        Assert.Equal(["order-17"], provider.Keys);
    }

    [Fact]
    public async Task Charge_ProviderRefuses_SaysWhy()
    {
        var provider = new FakeProvider(HttpStatusCode.BadRequest);

        var failure = await Assert.ThrowsAsync<PaymentFailedException>(() =>
            new PaymentClient(provider.CreateHttpClient()).ChargeAsync(Book));

        Assert.Equal(400, failure.Status);
    }
}
