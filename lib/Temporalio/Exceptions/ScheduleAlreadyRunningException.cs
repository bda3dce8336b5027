namespace Temporalio.Exceptions;

/// <summary>A schedule with this id exists.</summary>
public class ScheduleAlreadyRunningException : FailureException
{
    /// <summary>Creates the exception.</summary>
    public ScheduleAlreadyRunningException()
        : base("Schedule already running")
    {
    }
}
