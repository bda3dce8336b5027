using Temporalio.Common;

namespace Temporalio.Workflows;

/// <summary>A change of one search attribute.</summary>
public abstract class SearchAttributeUpdate
{
    private protected SearchAttributeUpdate()
    {
    }

    /// <summary>False when the attribute is removed.</summary>
    public bool HasValue { get; internal init; }

    /// <summary>Its key.</summary>
    public abstract SearchAttributeKey UntypedKey { get; }

    /// <summary>Its new value.</summary>
    public abstract object UntypedValue { get; }

    /// <summary>Sets an attribute.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>The change.</returns>
    public static SearchAttributeUpdate<T> ValueSet<T>(SearchAttributeKey<T> key, T value)
        where T : notnull => new(key, value, true);

    /// <summary>Removes an attribute.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="key">Its key.</param>
    /// <returns>The change.</returns>
    public static SearchAttributeUpdate<T> ValueUnset<T>(SearchAttributeKey<T> key)
        where T : notnull => new(key, default, false);
}

/// <summary>A change of one search attribute.</summary>
/// <typeparam name="T">Its type.</typeparam>
public class SearchAttributeUpdate<T> : SearchAttributeUpdate
    where T : notnull
{
    private readonly T? _value;

    internal SearchAttributeUpdate(SearchAttributeKey<T> key, T? value, bool hasValue)
    {
        Key = key;
        _value = value;
        HasValue = hasValue;
    }

    /// <summary>Its key.</summary>
    public SearchAttributeKey<T> Key { get; private init; }

    /// <summary>Its new value.</summary>
    /// <exception cref="InvalidOperationException">The attribute is removed.</exception>
    public T Value => HasValue ? _value! : throw new InvalidOperationException("The search attribute is removed.");

    /// <inheritdoc />
    public override SearchAttributeKey UntypedKey => Key;

    /// <inheritdoc />
    public override object UntypedValue => Value;
}
