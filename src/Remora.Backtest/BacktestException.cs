namespace Remora.Backtest;

/// <summary>
/// The request cannot be served with the given data; the message states what is wrong and what is
/// allowed.
/// </summary>
public sealed class BacktestException(string message, Exception? inner = null) : Exception(message, inner);
