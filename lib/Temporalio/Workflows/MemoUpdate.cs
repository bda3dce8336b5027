namespace Temporalio.Workflows;

/// <summary>A change of one memo value.</summary>
public class MemoUpdate
{
    private readonly object? _value;

    private MemoUpdate(string key, object? value, bool hasValue)
    {
        UntypedKey = key;
        _value = value;
        HasValue = hasValue;
    }

    /// <summary>False when the value is removed.</summary>
    public bool HasValue { get; private init; }

    /// <summary>Its key.</summary>
    public string UntypedKey { get; private init; }

    /// <summary>Its new value.</summary>
    /// <exception cref="InvalidOperationException">The value is removed.</exception>
    public object UntypedValue => _value ?? throw new InvalidOperationException("The memo value is removed.");

    /// <summary>Sets a value.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>The change.</returns>
    public static MemoUpdate ValueSet(string key, object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(key, value, true);
    }

    /// <summary>Removes a value.</summary>
    /// <param name="key">Its key.</param>
    /// <returns>The change.</returns>
    public static MemoUpdate ValueUnset(string key) => new(key, null, false);
}
