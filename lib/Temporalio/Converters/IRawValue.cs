using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>A value left in payload form; may be used as a parameter or result type.</summary>
public interface IRawValue
{
    /// <summary>The value as it is on the wire.</summary>
    Payload Payload { get; }
}
