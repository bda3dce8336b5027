namespace CodingAgent.Storage;

/// <summary>What is kept cannot be used; the message is one line that says which, what is wrong and how to mend it.</summary>
public class StorageException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A value was sealed with a key that is not configured: nothing is lost, and it opens when the key is there.</summary>
public sealed class MissingKeyException(string message) : StorageException(message);
