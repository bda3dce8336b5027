namespace Temporalio.Client;

/// <summary>A connection to a server. Clients of several namespaces may share one.</summary>
public interface ITemporalConnection
{
    /// <summary>Headers sent with every call from now on.</summary>
    IReadOnlyCollection<KeyValuePair<string, string>> RpcMetadata { get; set; }

    /// <summary>Bearer token sent with every call from now on.</summary>
    string? ApiKey { get; set; }

    /// <summary>How it was made.</summary>
    TemporalConnectionOptions Options { get; }

    /// <summary>Whether the server has answered yet; a lazy connection begins with false.</summary>
    bool IsConnected { get; }

    /// <summary>Asks the server whether it is serving.</summary>
    /// <param name="service">Service to ask about; the workflow service when null.</param>
    /// <param name="options">How the call is made.</param>
    /// <returns>Whether it is.</returns>
    Task<bool> CheckHealthAsync(RpcService? service = null, RpcOptions? options = null);

    /// <summary>Connects a lazy connection; does nothing when connected.</summary>
    /// <returns>Completes when connected.</returns>
    Task ConnectAsync();
}
