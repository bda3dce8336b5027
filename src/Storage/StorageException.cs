namespace CodingAgent.Storage;

/// <summary>The database cannot be used; the message is one line that says which file, what is wrong and how to mend it.</summary>
public sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
