using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>Converter for one value of the payload metadata key <c>encoding</c>.</summary>
public interface IEncodingConverter
{
    /// <summary>The encoding it writes and reads.</summary>
    string Encoding { get; }

    /// <summary>Converts a value when it is of the kind this encoding is for.</summary>
    /// <param name="value">Value to convert.</param>
    /// <param name="payload">The payload, with its encoding set.</param>
    /// <returns>False to let the next converter try.</returns>
    bool TryToPayload(object? value, out Payload? payload);

    /// <summary>Reads a payload of this encoding.</summary>
    /// <param name="payload">Payload to read.</param>
    /// <param name="type">Type to read it as.</param>
    /// <returns>The value.</returns>
    object? ToValue(Payload payload, Type type);
}
