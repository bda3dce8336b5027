namespace Temporalio.Client.Schedules;

/// <summary>Whole numbers from a first to a last, by steps.</summary>
/// <param name="Start">First.</param>
/// <param name="End">Last; one below the first stands for the first alone.</param>
/// <param name="Step">Step; 0 stands for 1.</param>
public record ScheduleRange(int Start, int End, int Step)
{
    /// <summary>Zero alone.</summary>
    public static readonly ScheduleRange Zero = new(0);

    /// <summary>One number.</summary>
    /// <param name="start">The number.</param>
    public ScheduleRange(int start)
        : this(start, start, 1)
    {
    }

    /// <summary>All numbers from a first to a last.</summary>
    /// <param name="start">First.</param>
    /// <param name="end">Last.</param>
    public ScheduleRange(int start, int end)
        : this(start, end, 1)
    {
    }
}
