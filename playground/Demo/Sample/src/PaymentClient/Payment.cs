namespace Payments;

/// <summary>One payment to charge.</summary>
/// <param name="Id">Id in the shop; the provider charges one id only once.</param>
/// <param name="Cents">Amount in cents.</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record Payment(string Id, long Cents, string Currency);
