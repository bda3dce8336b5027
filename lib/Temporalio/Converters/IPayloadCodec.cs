using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>Transforms payloads on their way to and from the server, for example to encrypt them. Runs outside workflows.</summary>
public interface IPayloadCodec
{
    /// <summary>Encodes payloads before they leave.</summary>
    /// <param name="payloads">Payloads as converted.</param>
    /// <returns>Payloads to send; their number may differ only where the place allows many.</returns>
    Task<IReadOnlyCollection<Payload>> EncodeAsync(IReadOnlyCollection<Payload> payloads);

    /// <summary>Undoes <see cref="EncodeAsync" />.</summary>
    /// <param name="payloads">Payloads as received.</param>
    /// <returns>Payloads to convert.</returns>
    Task<IReadOnlyCollection<Payload>> DecodeAsync(IReadOnlyCollection<Payload> payloads);
}
