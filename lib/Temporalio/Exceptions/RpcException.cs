namespace Temporalio.Exceptions;

/// <summary>A call to the server failed.</summary>
public class RpcException : TemporalException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">gRPC status code.</param>
    /// <param name="message">What the server said.</param>
    /// <param name="rawStatus">The <c>google.rpc.Status</c> of the answer, when there was one.</param>
    public RpcException(StatusCode code, string message, byte[]? rawStatus)
        : base(message)
    {
        Code = code;
        RawStatus = rawStatus;
    }

    /// <summary>gRPC status codes.</summary>
    public enum StatusCode
    {
        /// <summary>No error.</summary>
        OK = 0,

        /// <summary>The caller gave up.</summary>
        Cancelled = 1,

        /// <summary>Unknown error.</summary>
        Unknown = 2,

        /// <summary>The request is wrong in itself.</summary>
        InvalidArgument = 3,

        /// <summary>The time allowed has passed.</summary>
        DeadlineExceeded = 4,

        /// <summary>There is no such thing.</summary>
        NotFound = 5,

        /// <summary>It exists already.</summary>
        AlreadyExists = 6,

        /// <summary>Not allowed.</summary>
        PermissionDenied = 7,

        /// <summary>A limit was reached.</summary>
        ResourceExhausted = 8,

        /// <summary>The state does not permit it.</summary>
        FailedPrecondition = 9,

        /// <summary>Aborted, usually by a concurrent change.</summary>
        Aborted = 10,

        /// <summary>Beyond the valid range.</summary>
        OutOfRange = 11,

        /// <summary>The server does not offer the call.</summary>
        Unimplemented = 12,

        /// <summary>The server is broken.</summary>
        Internal = 13,

        /// <summary>The server cannot be reached now.</summary>
        Unavailable = 14,

        /// <summary>Data was lost.</summary>
        DataLoss = 15,

        /// <summary>The caller is not known.</summary>
        Unauthenticated = 16,
    }

    /// <summary>gRPC status code.</summary>
    public StatusCode Code { get; private init; }

    /// <summary>The <c>google.rpc.Status</c> of the answer, when there was one.</summary>
    public byte[]? RawStatus { get; private init; }
}
