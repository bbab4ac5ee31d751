using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>A fitted model that the published forecasts of a market are compared with.</summary>
/// <param name="Market">The market.</param>
/// <param name="Model">The model: <c>har_season</c> or <c>persistence</c>.</param>
/// <param name="Horizon">The horizon.</param>
/// <param name="ValidFrom">The full hour from which it is used, until the next one. It was fitted
/// before.</param>
/// <param name="Intercept">The constant.</param>
/// <param name="Inputs">One coefficient per input.</param>
/// <param name="Season">What each hour of the week adds, from Monday 00 UTC.</param>
/// <param name="Smear">The log of the mean ratio of outcomes to forecasts in the past.</param>
/// <param name="FittedHours">The number of hours it was fitted to.</param>
public sealed record RivalFitRow(
    MarketId Market,
    string Model,
    Horizon Horizon,
    Instant ValidFrom,
    double Intercept,
    IReadOnlyList<double> Inputs,
    IReadOnlyList<double> Season,
    double Smear,
    int FittedHours
);
