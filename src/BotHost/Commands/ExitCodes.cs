namespace CodingAgent.BotHost.Commands;

/// <summary>How <c>codingagent task</c> ends, for scripts. They stand in docs/guide/api.md and do not change their meaning.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The service refused, or answered what is not understood.</summary>
    public const int Refused = 1;

    /// <summary>The command line or a setting is wrong; nothing was asked.</summary>
    public const int Usage = 2;

    /// <summary>No answer, or one that says to try again later.</summary>
    public const int Away = 3;

    /// <summary>The key is not known, or its role does not suffice.</summary>
    public const int Key = 4;

    /// <summary>There is no such task.</summary>
    public const int NotFound = 5;

    /// <summary>The task has moved on: it has ended, or another plan waits.</summary>
    public const int Conflict = 6;

    /// <summary>The task that was watched failed or was stopped.</summary>
    public const int EndedBadly = 7;

    /// <summary>Ctrl-C, as shells have it.</summary>
    public const int Interrupted = 130;

    /// <summary>Who read the output has gone, as of a program that SIGPIPE ends.</summary>
    public const int NobodyReads = 141;
}
