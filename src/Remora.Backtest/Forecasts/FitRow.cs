namespace Remora.Backtest.Forecasts;

/// <summary>A row that a fit can use: what the model saw at a full hour.</summary>
/// <param name="Hour">The hour that begins.</param>
/// <param name="Level">The log of the mean squared return of 30 days.</param>
/// <param name="Inputs">The inputs that have bounds, before they are bounded.</param>
internal readonly record struct FitRow(int Hour, double Level, double[] Inputs);
