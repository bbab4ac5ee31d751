namespace Remora.Store;

/// <summary>The store cannot do what it was asked to; the message says why and what would help.</summary>
public class StoreException(string message, Exception? inner = null) : Exception(message, inner);
