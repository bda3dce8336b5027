using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>A value as the server holds it, still to be decoded and converted.</summary>
public interface IEncodedRawValue
{
    /// <summary>The value as the server holds it.</summary>
    Payload Payload { get; }

    /// <summary>Decodes and converts the value.</summary>
    /// <typeparam name="T">Type to read it as.</typeparam>
    /// <returns>The value.</returns>
    Task<T> ToValueAsync<T>();

    /// <summary>Decodes and converts the value.</summary>
    /// <param name="type">Type to read it as.</param>
    /// <returns>The value.</returns>
    Task<object?> ToValueAsync(Type type);
}
