namespace Remora.Store;

/// <summary>An operation of the store failed. The message contains the cause and advice.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
