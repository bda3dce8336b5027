namespace CodingAgent.Workflows.Tasks;

/// <summary>A person's word on a plan, as it was written.</summary>
/// <param name="DeliveryId">Delivery that brought it.</param>
/// <param name="Actor">Login.</param>
/// <param name="At">When it was written.</param>
/// <param name="Approved">True for approve, false for reject.</param>
/// <param name="Hash">Hash it names, if any.</param>
/// <param name="Why">Why it was rejected.</param>
public sealed record PlanDecision(string DeliveryId, string Actor, DateTimeOffset At, bool Approved, string? Hash, string Why);
