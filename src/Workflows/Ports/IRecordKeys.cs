using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Ports;

/// <summary>The keys that sign and prove what the roles of the service say. A process has the private keys of its own roles only.</summary>
public interface IRecordKeys
{
    /// <summary>Signs a statement.</summary>
    /// <param name="role">The role that makes it.</param>
    /// <param name="kind">Its kind; part of what is signed.</param>
    /// <param name="payload">The statement as JSON.</param>
    /// <exception cref="InvalidOperationException">This process has no key of that role.</exception>
    SignedRecord Sign(RecordRole role, string kind, string payload);

    /// <summary>Whether a trusted key of the record's role signed exactly its kind and payload.</summary>
    bool IsGenuine(SignedRecord record);
}
