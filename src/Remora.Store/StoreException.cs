namespace Remora.Store;

/// <summary>An operation of the store failed; the message contains the cause and advice.</summary>
public class StoreException(string message, Exception? inner = null) : Exception(message, inner);
