using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Protocol.Service;

namespace Temporalio.Client.Schedules;

/// <summary>A schedule in detail.</summary>
public class ScheduleDescription
{
    private readonly Lazy<SearchAttributeCollection> _searchAttributes;
    private readonly Lazy<IReadOnlyDictionary<string, IEncodedRawValue>> _memo;

    internal ScheduleDescription(string id, Schedule schedule, DescribeScheduleResponse raw, DataConverter converter)
    {
        Id = id;
        Schedule = schedule;
        Info = raw.Info.ToSurface();
        _searchAttributes = new(() => SearchAttributeCollection.FromProto(raw.SearchAttributes));
        _memo = new(() => raw.Memo.ToEncodedValues(converter));
    }

    /// <summary>Schedule id.</summary>
    public string Id { get; private init; }

    /// <summary>What it has done and will do.</summary>
    public ScheduleInfo Info { get; private init; }

    /// <summary>Memo values of the schedule itself.</summary>
    public IReadOnlyDictionary<string, IEncodedRawValue> Memo => _memo.Value;

    /// <summary>The schedule.</summary>
    public Schedule Schedule { get; private init; }

    /// <summary>Search attributes of the schedule itself.</summary>
    public SearchAttributeCollection TypedSearchAttributes => _searchAttributes.Value;
}
