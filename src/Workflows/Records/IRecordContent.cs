using System.Text.Json;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Records;

/// <summary>A statement that a role signs.</summary>
public interface IRecordContent
{
    /// <summary>Stable name of the kind of statement.</summary>
    static abstract string Kind { get; }

    /// <summary>The one role that may make it.</summary>
    static abstract RecordRole Role { get; }
}

/// <summary>Statements in and out of signed records.</summary>
public static class RecordSigning
{
    /// <summary>Signs a statement as the role that may make it.</summary>
    /// <exception cref="InvalidOperationException">This process has no key of that role.</exception>
    public static SignedRecord Sign<T>(this IRecordKeys keys, T content)
        where T : IRecordContent
    {
        ArgumentNullException.ThrowIfNull(keys);
        return keys.Sign(T.Role, T.Kind, JsonSerializer.Serialize(content));
    }

    /// <summary>The statement; null when there is no record, or it is not one of this kind, signed by the role that may make it.</summary>
    public static T? Open<T>(this IRecordKeys keys, SignedRecord? record)
        where T : class, IRecordContent
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (record is null || record.Role != T.Role || record.Kind != T.Kind || !keys.IsGenuine(record))
            return null;
        try
        {
            return JsonSerializer.Deserialize<T>(record.Payload);
        }
        catch (JsonException)
        {
            // Signed by a version that writes it otherwise.
            return null;
        }
    }
}
