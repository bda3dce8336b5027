using Temporalio.Protocol.Failures;

namespace Temporalio.Converters;

/// <summary>Turns exceptions into recorded failures and back.</summary>
public interface IFailureConverter
{
    internal Failure ToFailure(Exception exception, IPayloadConverter payloadConverter);

    internal Exception ToException(Failure failure, IPayloadConverter payloadConverter);
}
