using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Temporalio.Protocol.Transport;

/// <summary>A call that ended with a status other than OK; thrown by the channel and by server handlers alike.</summary>
public sealed class RpcStatusException : Exception
{
    /// <summary>A failed call without details.</summary>
    /// <param name="code">The status code.</param>
    /// <param name="message">One line for the caller.</param>
    /// <param name="innerException">What caused it, when it is known on this side.</param>
    public RpcStatusException(GrpcStatusCode code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
    }

    /// <summary>A failed call with one typed detail, as Temporal's services answer.</summary>
    /// <param name="code">The status code.</param>
    /// <param name="message">One line for the caller.</param>
    /// <param name="detail">The detail message, packed into the status.</param>
    public RpcStatusException(GrpcStatusCode code, string message, IMessage detail)
        : base(message)
    {
        Code = code;
        Status = new Rpc.Status { Code = (int)code, Message = message };
        Status.Details.Add(Any.Pack(detail));
    }

    /// <summary>A failed call as read from trailers.</summary>
    /// <param name="code">The status code.</param>
    /// <param name="message">The decoded grpc-message.</param>
    /// <param name="status">The decoded grpc-status-details-bin, if any.</param>
    public RpcStatusException(GrpcStatusCode code, string message, Rpc.Status? status)
        : base(message)
    {
        Code = code;
        Status = status;
    }

    /// <summary>The status code.</summary>
    public GrpcStatusCode Code { get; }

    /// <summary>The rich status with its details; null when the call carried none.</summary>
    public Rpc.Status? Status { get; }

    /// <summary>Finds the first detail of a type.</summary>
    /// <typeparam name="T">The detail's message type.</typeparam>
    /// <param name="detail">The unpacked detail.</param>
    /// <returns>False when there is none or it does not parse.</returns>
    public bool TryGetDetail<T>([NotNullWhen(true)] out T? detail)
        where T : class, IMessage<T>, new()
    {
        detail = null;
        var name = new T().Descriptor.FullName;
        foreach (var any in Status?.Details ?? [])
        {
            if (Any.GetTypeName(any.TypeUrl) != name)
            {
                continue;
            }

            try
            {
                detail = any.Unpack<T>();
                return true;
            }
            catch (InvalidProtocolBufferException)
            {
                return false;
            }
        }

        return false;
    }
}
