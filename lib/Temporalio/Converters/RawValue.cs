using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>A value left in payload form.</summary>
/// <param name="Payload">The value as it is on the wire.</param>
public record RawValue(Payload Payload) : IRawValue;
