namespace TemporalServer.Machine;

/// <summary>The limits of the real server's default configuration.</summary>
internal static class Limits
{
    /// <summary>Length of ids and names, in bytes of UTF-8.</summary>
    public const int IdLength = 1000;

    /// <summary>Bytes of one request, also once it is unpacked.</summary>
    public const int RequestBytes = 4 * 1024 * 1024;

    /// <summary>Bytes of one payload list, failure or memo.</summary>
    public const int BlobBytes = 2 * 1024 * 1024;

    /// <summary>Events from which a worker is told to continue as new.</summary>
    public const int SuggestEvents = 4096;

    /// <summary>Bytes from which a worker is told to continue as new.</summary>
    public const int SuggestBytes = 4 * 1024 * 1024;

    /// <summary>Events from which the server warns in its log.</summary>
    public const int WarnEvents = 10 * 1024;

    /// <summary>Events beyond which a run is terminated.</summary>
    public const int HistoryEvents = 50 * 1024;

    /// <summary>Bytes beyond which a run is terminated.</summary>
    public const int HistoryBytes = 50 * 1024 * 1024;

    /// <summary>Pending activities, and likewise children, external signals and external cancellations, of one run.</summary>
    public const int Pending = 2000;

    /// <summary>Signals one run takes.</summary>
    public const int Signals = 10_000;

    /// <summary>Events, and bytes of them, that may wait for one workflow task to end; with more the task is failed.</summary>
    public const int BufferedEvents = 100;

    /// <inheritdoc cref="BufferedEvents"/>
    public const int BufferedBytes = 2 * 1024 * 1024;

    /// <summary>Search attributes of one run.</summary>
    public const int SearchAttributes = 100;

    /// <summary>Bytes of the value of one search attribute.</summary>
    public const int SearchAttributeBytes = 2 * 1024;

    /// <summary>Bytes of all search attributes of one run.</summary>
    public const int SearchAttributesBytes = 40 * 1024;

    /// <summary>Updates of one run that are not completed.</summary>
    public const int InFlightUpdates = 10;

    /// <summary>Bytes of all updates of one run that are not accepted yet.</summary>
    public const int InFlightUpdateBytes = 20 * 1024 * 1024;

    /// <summary>Updates one run takes in all.</summary>
    public const int TotalUpdates = 2000;
}
