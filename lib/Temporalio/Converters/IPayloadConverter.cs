using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>Turns values into payloads and back. Runs inside workflows: deterministic and without I/O.</summary>
public interface IPayloadConverter
{
    /// <summary>Converts a value.</summary>
    /// <param name="value">Value to convert.</param>
    /// <returns>The payload.</returns>
    Payload ToPayload(object? value);

    /// <summary>Reads a payload.</summary>
    /// <param name="payload">Payload to read.</param>
    /// <param name="type">Type to read it as.</param>
    /// <returns>The value.</returns>
    object? ToValue(Payload payload, Type type);
}
