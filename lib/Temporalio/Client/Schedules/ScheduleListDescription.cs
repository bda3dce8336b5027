using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Protocol.Schedules;

namespace Temporalio.Client.Schedules;

/// <summary>A schedule as the server lists it.</summary>
public class ScheduleListDescription
{
    private readonly Lazy<SearchAttributeCollection> _searchAttributes;
    private readonly Lazy<IReadOnlyDictionary<string, IEncodedRawValue>> _memo;

    internal ScheduleListDescription(ScheduleListEntry raw, DataConverter converter)
    {
        Id = raw.ScheduleId;
        Schedule = raw.Info?.ToSurface();
        Info = raw.Info is null ? null : new(raw.Info.RecentActions.ToSurface(), raw.Info.FutureActionTimes.ToSurface());
        _searchAttributes = new(() => SearchAttributeCollection.FromProto(raw.SearchAttributes));
        _memo = new(() => raw.Memo.ToEncodedValues(converter));
    }

    /// <summary>Schedule id.</summary>
    public string Id { get; }

    /// <summary>The schedule; null on servers that list by standard visibility.</summary>
    public ScheduleListSchedule? Schedule { get; private init; }

    /// <summary>What it has done and will do; null on servers that list by standard visibility.</summary>
    public ScheduleListInfo? Info { get; private init; }

    /// <summary>Memo values of the schedule itself.</summary>
    public IReadOnlyDictionary<string, IEncodedRawValue> Memo => _memo.Value;

    /// <summary>Search attributes of the schedule itself.</summary>
    public SearchAttributeCollection TypedSearchAttributes => _searchAttributes.Value;
}
