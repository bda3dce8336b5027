namespace TemporalServer;

/// <summary>The embedded server cannot start or go on; the message says what, where and how to mend it.</summary>
public sealed class TemporalServerException : Exception
{
    /// <summary>A failure with its cause.</summary>
    /// <param name="message">One line for a person.</param>
    /// <param name="innerException">The cause, if any.</param>
    public TemporalServerException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
