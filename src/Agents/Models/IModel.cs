namespace CodingAgent.Agents.Models;

/// <summary>A model endpoint. One call is one turn; it never retries by itself (one owner of retries: the durable caller).</summary>
public interface IModel
{
    /// <summary>Asks for the next message.</summary>
    /// <exception cref="ModelUnavailableException">Worth trying again: overload, rate limit, network.</exception>
    /// <exception cref="ModelRejectedException">Trying again changes nothing: bad request, bad key, context too long.</exception>
    Task<ModelResponse> CompleteAsync(ModelRequest request, CancellationToken cancellationToken);
}
