namespace Payments;

/// <summary>The provider's receipt of a charge.</summary>
/// <param name="Reference">The provider's number for it.</param>
public sealed record PaymentReceipt(string Reference);
