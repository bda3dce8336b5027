using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Temporalio.Api.Enums.V1;
using Temporalio.Protocol.Common;

namespace Temporalio.Common;

/// <summary>Search attributes of a workflow: immutable, keyed by name and type.</summary>
public class SearchAttributeCollection : IReadOnlyCollection<SearchAttributeKey>
{
    /// <summary>No attributes.</summary>
    public static readonly SearchAttributeCollection Empty = new([]);

    private readonly Dictionary<SearchAttributeKey, object> _values;

    internal SearchAttributeCollection(Dictionary<SearchAttributeKey, object> values) => _values = values;

    /// <summary>How many there are.</summary>
    public int Count => _values.Count;

    /// <summary>All values by key.</summary>
    public IReadOnlyDictionary<SearchAttributeKey, object> UntypedValues => _values;

    /// <summary>Reads one value.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="key">Its key.</param>
    /// <returns>The value.</returns>
    /// <exception cref="KeyNotFoundException">It is not set.</exception>
    public T Get<T>(SearchAttributeKey<T> key)
        where T : notnull => (T)_values[key];

    /// <summary>Reads one value when it is set.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="key">Its key.</param>
    /// <param name="value">The value.</param>
    /// <returns>Whether it is set.</returns>
    public bool TryGetValue<T>(SearchAttributeKey<T> key, [MaybeNullWhen(false)] out T value)
        where T : notnull
    {
        var found = _values.TryGetValue(key, out var untyped);
        value = found ? (T)untyped! : default;
        return found;
    }

    /// <summary>Whether an attribute is set.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="key">Its key.</param>
    /// <returns>Whether it is set.</returns>
    public bool ContainsKey<T>(SearchAttributeKey<T> key)
        where T : notnull => _values.ContainsKey(key);

    /// <summary>Whether an attribute is set.</summary>
    /// <param name="key">Its name.</param>
    /// <returns>Whether it is set.</returns>
    public bool ContainsKey(string key) => _values.Keys.Any(k => k.Name == key);

    /// <inheritdoc />
    public IEnumerator<SearchAttributeKey> GetEnumerator() => _values.Keys.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static SearchAttributeCollection FromProto(SearchAttributes? proto)
    {
        var builder = new Builder();
        foreach (var (name, payload) in proto?.IndexedFields ?? [])
        {
            // Built-in attributes may come without a type; what cannot be read is left out rather than failing the caller.
            if (TryRead(name, payload, out var key, out var value))
            {
                builder.SetUntyped(key, value);
            }
        }

        return builder.ToSearchAttributeCollection();
    }

    /// <summary>A value that stands alone; its text when the server does not say of which type it is.</summary>
    internal static object ReadValue(Payload payload) =>
        TryRead(string.Empty, payload, out _, out var value) ? value : payload.Data.ToStringUtf8().Trim('"');

    internal static Payload ToPayload(SearchAttributeKey key, object? value)
    {
        object? plain = value is DateTimeOffset time ? time.ToString("o", CultureInfo.InvariantCulture) : value;
        return new()
        {
            Metadata =
            {
                ["encoding"] = ByteString.CopyFromUtf8("json/plain"),
                ["type"] = ByteString.CopyFromUtf8(key.ValueType.ToString()),
            },
            Data = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(plain)),
        };
    }

    internal SearchAttributes ToProto()
    {
        var proto = new SearchAttributes();
        foreach (var (key, value) in _values)
        {
            proto.IndexedFields[key.Name] = ToPayload(key, value);
        }

        return proto;
    }

    private static bool TryRead(
        string name, Payload payload, [NotNullWhen(true)] out SearchAttributeKey? key, [NotNullWhen(true)] out object? value)
    {
        key = null;
        value = null;
        if (!payload.Metadata.TryGetValue("type", out var typeBytes)
            || !Enum.TryParse<IndexedValueType>(typeBytes.ToStringUtf8(), out var type))
        {
            return false;
        }

        try
        {
            var json = payload.Data.Span;
            (key, value) = type switch
            {
                IndexedValueType.Text => ((SearchAttributeKey)SearchAttributeKey.CreateText(name), Read<string>(json)),
                IndexedValueType.Keyword => (SearchAttributeKey.CreateKeyword(name), Read<string>(json)),
                IndexedValueType.Int => (SearchAttributeKey.CreateLong(name), Read<long>(json)),
                IndexedValueType.Double => (SearchAttributeKey.CreateDouble(name), Read<double>(json)),
                IndexedValueType.Bool => (SearchAttributeKey.CreateBool(name), Read<bool>(json)),
                IndexedValueType.Datetime => (SearchAttributeKey.CreateDateTimeOffset(name), Read<DateTimeOffset>(json)),
                IndexedValueType.KeywordList => (SearchAttributeKey.CreateKeywordList(name), Read<string[]>(json)),
                _ => (null, (object?)null),
            };
            return key is not null && value is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static object? Read<T>(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<T>(json);

    /// <summary>Builds a collection.</summary>
    public class Builder
    {
        private readonly Dictionary<SearchAttributeKey, object> _values;

        /// <summary>Starts empty.</summary>
        public Builder() => _values = [];

        /// <summary>Starts from another collection.</summary>
        /// <param name="searchAttributes">Collection to copy.</param>
        public Builder(SearchAttributeCollection searchAttributes) => _values = new(searchAttributes.UntypedValues);

        /// <summary>Sets one attribute.</summary>
        /// <typeparam name="T">Its type.</typeparam>
        /// <param name="key">Its key.</param>
        /// <param name="value">Its value.</param>
        /// <returns>This builder.</returns>
        public Builder Set<T>(SearchAttributeKey<T> key, T value)
            where T : notnull => SetUntyped(key, value);

        /// <summary>Sets all attributes of another collection.</summary>
        /// <param name="searchAttributes">Collection to copy.</param>
        /// <returns>This builder.</returns>
        public Builder Set(SearchAttributeCollection searchAttributes)
        {
            foreach (var (key, value) in searchAttributes.UntypedValues)
            {
                SetUntyped(key, value);
            }

            return this;
        }

        /// <summary>Removes one attribute.</summary>
        /// <param name="key">Its key.</param>
        /// <returns>This builder.</returns>
        public Builder Unset(SearchAttributeKey key)
        {
            ArgumentNullException.ThrowIfNull(key);
            return Unset(key.Name);
        }

        /// <summary>Removes one attribute.</summary>
        /// <param name="name">Its name.</param>
        /// <returns>This builder.</returns>
        public Builder Unset(string name)
        {
            foreach (var key in _values.Keys.Where(k => k.Name == name).ToList())
            {
                _values.Remove(key);
            }

            return this;
        }

        /// <summary>The collection as built so far.</summary>
        /// <returns>The collection.</returns>
        public SearchAttributeCollection ToSearchAttributeCollection() => new(new(_values));

        internal Builder SetUntyped(SearchAttributeKey key, object value)
        {
            Unset(key);
            _values[key] = value;
            return this;
        }
    }
}
