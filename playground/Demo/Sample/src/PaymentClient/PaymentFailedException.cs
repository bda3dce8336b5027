namespace Payments;

/// <summary>The provider did not charge a payment.</summary>
public sealed class PaymentFailedException(string paymentId, int status)
    : Exception($"Payment {paymentId} was not charged: the provider answered {status}.")
{
    /// <summary>HTTP status of the provider's last answer.</summary>
    public int Status { get; } = status;
}
