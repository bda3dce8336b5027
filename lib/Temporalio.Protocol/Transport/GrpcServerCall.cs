using Microsoft.AspNetCore.Http;

namespace Temporalio.Protocol.Transport;

/// <summary>What a server handler may know about the call beside its request.</summary>
/// <param name="Headers">The request headers.</param>
/// <param name="Timeout">The time the caller allows, from grpc-timeout; null when it set none.</param>
public sealed record GrpcServerCall(IHeaderDictionary Headers, TimeSpan? Timeout);
