using Temporalio.Api.Enums.V1;
using Temporalio.Workflows;

namespace Temporalio.Common;

/// <summary>Name and type of a search attribute.</summary>
public class SearchAttributeKey : IComparable<SearchAttributeKey>, IEquatable<SearchAttributeKey>
{
    internal SearchAttributeKey(string name, IndexedValueType valueType)
    {
        Name = name;
        ValueType = valueType;
    }

    /// <summary>Name as registered with the server.</summary>
    public string Name { get; private init; }

    /// <summary>Type as registered with the server.</summary>
    public IndexedValueType ValueType { get; private init; }

    /// <summary>Equality by name and type.</summary>
    /// <param name="left">One key.</param>
    /// <param name="right">Other key.</param>
    /// <returns>Whether both are the same key.</returns>
    public static bool operator ==(SearchAttributeKey? left, SearchAttributeKey? right) => Equals(left, right);

    /// <summary>Inequality by name and type.</summary>
    /// <param name="left">One key.</param>
    /// <param name="right">Other key.</param>
    /// <returns>Whether the keys differ.</returns>
    public static bool operator !=(SearchAttributeKey? left, SearchAttributeKey? right) => !Equals(left, right);

    /// <summary>Order by name.</summary>
    /// <param name="left">One key.</param>
    /// <param name="right">Other key.</param>
    /// <returns>Whether left comes first.</returns>
    public static bool operator <(SearchAttributeKey? left, SearchAttributeKey? right) => Compare(left, right) < 0;

    /// <summary>Order by name.</summary>
    /// <param name="left">One key.</param>
    /// <param name="right">Other key.</param>
    /// <returns>Whether left does not come after right.</returns>
    public static bool operator <=(SearchAttributeKey? left, SearchAttributeKey? right) => Compare(left, right) <= 0;

    /// <summary>Order by name.</summary>
    /// <param name="left">One key.</param>
    /// <param name="right">Other key.</param>
    /// <returns>Whether left comes after right.</returns>
    public static bool operator >(SearchAttributeKey? left, SearchAttributeKey? right) => Compare(left, right) > 0;

    /// <summary>Order by name.</summary>
    /// <param name="left">One key.</param>
    /// <param name="right">Other key.</param>
    /// <returns>Whether left does not come before right.</returns>
    public static bool operator >=(SearchAttributeKey? left, SearchAttributeKey? right) => Compare(left, right) >= 0;

    /// <summary>Key of tokenised text.</summary>
    /// <param name="name">Name as registered.</param>
    /// <returns>The key.</returns>
    public static SearchAttributeKey<string> CreateText(string name) => new(name, IndexedValueType.Text);

    /// <summary>Key of exact text.</summary>
    /// <param name="name">Name as registered.</param>
    /// <returns>The key.</returns>
    public static SearchAttributeKey<string> CreateKeyword(string name) => new(name, IndexedValueType.Keyword);

    /// <summary>Key of an integer.</summary>
    /// <param name="name">Name as registered.</param>
    /// <returns>The key.</returns>
    public static SearchAttributeKey<long> CreateLong(string name) => new(name, IndexedValueType.Int);

    /// <summary>Key of a float.</summary>
    /// <param name="name">Name as registered.</param>
    /// <returns>The key.</returns>
    public static SearchAttributeKey<double> CreateDouble(string name) => new(name, IndexedValueType.Double);

    /// <summary>Key of a boolean.</summary>
    /// <param name="name">Name as registered.</param>
    /// <returns>The key.</returns>
    public static SearchAttributeKey<bool> CreateBool(string name) => new(name, IndexedValueType.Bool);

    /// <summary>Key of a point in time.</summary>
    /// <param name="name">Name as registered.</param>
    /// <returns>The key.</returns>
    public static SearchAttributeKey<DateTimeOffset> CreateDateTimeOffset(string name) => new(name, IndexedValueType.Datetime);

    /// <summary>Key of a list of exact texts.</summary>
    /// <param name="name">Name as registered.</param>
    /// <returns>The key.</returns>
    public static SearchAttributeKey<IReadOnlyCollection<string>> CreateKeywordList(string name) =>
        new(name, IndexedValueType.KeywordList);

    /// <inheritdoc />
    public int CompareTo(SearchAttributeKey? other) => Compare(this, other);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Name, ValueType);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is SearchAttributeKey other && Equals(other);

    /// <inheritdoc />
    public bool Equals(SearchAttributeKey? other) => other is not null && Name == other.Name && ValueType == other.ValueType;

    private static int Compare(SearchAttributeKey? left, SearchAttributeKey? right) =>
        string.CompareOrdinal(left?.Name, right?.Name);
}

/// <summary>Name and type of a search attribute.</summary>
/// <typeparam name="T">.NET type of the value.</typeparam>
public class SearchAttributeKey<T> : SearchAttributeKey
    where T : notnull
{
    internal SearchAttributeKey(string name, IndexedValueType valueType)
        : base(name, valueType)
    {
    }

    /// <summary>Update that sets this attribute.</summary>
    /// <param name="value">New value.</param>
    /// <returns>The update.</returns>
    public SearchAttributeUpdate<T> ValueSet(T value) => SearchAttributeUpdate.ValueSet(this, value);

    /// <summary>Update that removes this attribute.</summary>
    /// <returns>The update.</returns>
    public SearchAttributeUpdate<T> ValueUnset() => SearchAttributeUpdate.ValueUnset(this);
}
