namespace Temporalio.Api.Enums.V1;

/// <summary>Type of a search attribute.</summary>
public enum IndexedValueType
{
    /// <summary>Unknown.</summary>
    Unspecified = 0,

    /// <summary>Tokenised text.</summary>
    Text = 1,

    /// <summary>Exact text.</summary>
    Keyword = 2,

    /// <summary>64-bit integer.</summary>
    Int = 3,

    /// <summary>64-bit float.</summary>
    Double = 4,

    /// <summary>Boolean.</summary>
    Bool = 5,

    /// <summary>Point in time.</summary>
    Datetime = 6,

    /// <summary>List of exact texts.</summary>
    KeywordList = 7,
}
