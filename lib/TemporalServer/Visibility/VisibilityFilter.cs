using Dapper;

namespace TemporalServer.Visibility;

/// <summary>A list query as SQL: a condition with its parameters, and whether a count is asked per status.</summary>
internal sealed record VisibilityFilter(string Where, DynamicParameters Parameters, bool GroupByStatus);
