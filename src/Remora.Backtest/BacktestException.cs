namespace Remora.Backtest;

/// <summary>What was asked for cannot be done with the given data; the message says what is wrong and what is allowed.</summary>
public sealed class BacktestException(string message, Exception? inner = null) : Exception(message, inner);
