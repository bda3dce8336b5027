namespace Temporalio.Api.Enums.V1;

/// <summary>How loud an application failure should be.</summary>
public enum ApplicationErrorCategory
{
    /// <summary>An ordinary failure.</summary>
    Unspecified = 0,

    /// <summary>Expected: logged quietly and left out of error metrics.</summary>
    Benign = 1,
}
