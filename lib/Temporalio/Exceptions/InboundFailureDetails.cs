using Temporalio.Api.Common.V1;
using Temporalio.Converters;

namespace Temporalio.Exceptions;

/// <summary>Details of a failure that came over the wire.</summary>
/// <param name="Converter">Reads the values.</param>
/// <param name="Payloads">The values as recorded.</param>
public record InboundFailureDetails(IPayloadConverter Converter, IReadOnlyCollection<Payload>? Payloads) : IFailureDetails
{
    /// <inheritdoc />
    public int Count => Payloads?.Count ?? 0;

    /// <inheritdoc />
    public T ElementAt<T>(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return Converter.ToValue<T>(Payloads!.ElementAt(index));
    }

    internal static InboundFailureDetails From(IPayloadConverter converter, Protocol.Common.Payloads? payloads) =>
        new(converter, payloads?.Payloads_.ToSurface());
}
