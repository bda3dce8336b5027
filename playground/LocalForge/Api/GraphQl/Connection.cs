using System.Globalization;
using GraphQL;

namespace CodingAgent.Playground.LocalForge.Api.GraphQl;

/// <summary>One page of a list, as GraphQL pages: a cursor is the place of a node in the list.</summary>
internal sealed record Connection(IReadOnlyList<object> Nodes, int TotalCount, Connection.Info PageInfo)
{
    public sealed record Info(bool HasNextPage, bool HasPreviousPage, string? StartCursor, string? EndCursor);

    /// <summary>The page that the field's <c>first</c>, <c>last</c> and <c>after</c> ask for.</summary>
    public static Connection Of(IResolveFieldContext context, IEnumerable<object> items)
    {
        var all = items.ToList();
        var from = context.GetArgument<string?>("after") is { Length: > 0 } after && int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? Math.Min(place, all.Count) : 0;
        var to = all.Count;
        if (context.GetArgument<int?>("first") is { } first)
            to = Math.Min(from + Size(first), all.Count);
        else if (context.GetArgument<int?>("last") is { } last)
            from = Math.Max(from, all.Count - Size(last));
        return new Connection(all[from..to], all.Count, new Info(to < all.Count, from > 0, Cursor(from + 1), Cursor(to)));

        string? Cursor(int at) => to == from ? null : at.ToString(CultureInfo.InvariantCulture);
    }

    private static int Size(int asked) => asked is >= 0 and <= 100 ? asked
        : throw new GraphQlProblem("EXCESSIVE_PAGINATION", $"Requesting {asked} records on the connection exceeds the limit of 100 records.");
}
