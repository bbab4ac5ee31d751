using System.Collections.Immutable;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>
/// Fits the coefficients of <c>remora-2</c> (docs/forecast.md): a ridge regression on the rows of
/// all markets. The model's own error is one of its inputs, so the fit is repeated: each pass
/// streams all candles with the coefficients of the pass before. The same candles give the same
/// bits.
/// </summary>
/// <param name="markets">The markets.</param>
/// <param name="calendar">The events.</param>
/// <param name="constants">The bounds and scales of the inputs, which are the same in every
/// fit.</param>
internal sealed class ForecastFit(
    IReadOnlyList<ForecastMarket> markets,
    ForecastCalendar calendar,
    ForecastCoefficients constants
)
{
    private const string Recipe =
        "ridge 20 (flags 3, hours of the week 10, marginals 10/6), weight 0.5^(age / 1 year), six passes";

    /// <summary>The passes after the first fit.</summary>
    private const int Passes = 6;

    private const int Inputs = (int)ForecastInput.Hol + 1;
    private const int SeasonDigits = 5;
    private const int FewestRows = 5 * SeasonalRidge.Week;
    private static readonly TimeSpan HalfLife = TimeSpan.FromDays(365.25);
    private static readonly double[] Penalties =
    [
        .. Enumerable.Range(0, Inputs).Select(i => i < (int)ForecastInput.Cpi ? 20.0 : 3.0),
    ];

    /// <summary>Whether there are enough rows for a fit that is valid from a moment.</summary>
    public bool IsPossible(Instant until)
    {
        var hours = 0;
        foreach (var market in markets)
            for (var hour = 0; hour < Math.Min(market.Hours.Count, market.Hours.HourAt(until) - 25); hour++)
                if (market.HasPast(hour) && market.Hours.AreWhole(hour, hour + 1))
                    hours++;
        return hours >= 2 * FewestRows;
    }

    /// <summary>
    /// Fits on all outcomes that ended a day before a moment, from which the result is valid. The
    /// figures of its residuals are those of the constants.
    /// </summary>
    /// <exception cref="BacktestException">There are too few rows.</exception>
    public ForecastCoefficients Run(Instant until, CancellationToken cancellation)
    {
        var blank = constants with
        {
            ValidFrom = until,
            TrainedOn = Describe(until),
            Horizons =
            [
                .. constants.Horizons.Select(h =>
                    h with
                    {
                        Intercept = 0,
                        Betas = [.. new double[Inputs]],
                        HourOfWeek = [.. new double[HorizonCoefficients.WeekHours]],
                    }
                ),
            ],
        };
        // The first pass has no own error yet; the others take it from the coefficients of the pass
        // before.
        var rows = Rows(blank, until, cancellation);
        var fit = blank with
        {
            Horizons = blank.Horizons.SetItem(0, Solve(Horizon.OneHour, blank, rows, until, isFirst: true)),
        };
        for (var pass = 1; pass <= Passes; pass++)
        {
            rows = Rows(fit, until, cancellation);
            fit = fit with
            {
                Horizons = fit.Horizons.SetItem(0, Solve(Horizon.OneHour, fit, rows, until, isFirst: false)),
            };
        }
        rows = Rows(fit, until, cancellation);
        foreach (var horizon in Horizon.All.Skip(1))
        {
            for (var pass = 0; pass <= Passes; pass++)
                fit = fit with
                {
                    Horizons = fit.Horizons.SetItem(
                        horizon.Index,
                        Solve(horizon, fit, rows, until, isFirst: pass == 0)
                    ),
                };
        }
        return fit with { Horizons = [.. fit.Horizons.Select(Rounded)], Range = RangeOf(fit, until, cancellation) };
    }

    /// <summary>
    /// Returns the range of the markets up to the last outcome, its bounds rounded outwards.
    /// </summary>
    private TestedRange RangeOf(ForecastCoefficients fit, Instant until, CancellationToken cancellation)
    {
        var ranges = new TestedRange[markets.Count];
        SideBySide.For(ranges.Length, i => ranges[i] = markets[i].Range(fit, until - Rivals.Embargo), cancellation);
        return new(
            Math.Ceiling(ranges.Max(range => range.MaximumEmptyShare) * 1e4) / 1e4,
            Math.Ceiling(ranges.Max(range => range.MaximumTickOverSigma) * 1e3) / 1e3,
            Math.Floor(ranges.Min(range => range.MinimumHistoryDays)),
            Math.Floor(ranges.Min(range => range.MinimumTurnover) / 1e3) * 1e3
        );
    }

    private string Describe(Instant until) =>
        $"{string.Join(", ", markets.Select(market => market.Pair))}, 5m, outcomes known by "
        + $"{(until - TimeSpan.FromDays(2)).ToString()[..10]}; {Recipe}";

    private List<FitRow>[] Rows(ForecastCoefficients fit, Instant until, CancellationToken cancellation)
    {
        var rows = new List<FitRow>[markets.Count];
        SideBySide.For(
            rows.Length,
            i =>
            {
                rows[i] = [];
                markets[i]
                    .Stream(
                        fit,
                        calendar,
                        until,
                        (hour, forecaster) => rows[i].Add(new(hour, forecaster.Level, [.. forecaster.Inputs])),
                        cancellation
                    );
            },
            cancellation
        );
        return rows;
    }

    /// <summary>
    /// Fits one horizon, with the season of the fit before in <see cref="ForecastInput.SeasonPk"/>.
    /// </summary>
    private HorizonCoefficients Solve(
        Horizon horizon,
        ForecastCoefficients before,
        List<FitRow>[] rows,
        Instant until,
        bool isFirst
    )
    {
        var numbers = before[horizon];
        var last = until - horizon.Length - Rivals.Embargo;
        var ridge = new SeasonalRidge(Inputs);
        Span<double> x = stackalloc double[Inputs];
        for (var m = 0; m < markets.Count; m++)
        {
            var hours = markets[m].Hours;
            foreach (var row in rows[m])
            {
                var time = hours.BeginOf(row.Hour);
                if (time > last || !hours.AreWhole(row.Hour, row.Hour + horizon.Hours))
                    continue;
                InputsOf(row, numbers, time, horizon, x);
                // Unknown in the first pass: without effect, as their penalty keeps them at 0.
                if (isFirst)
                    x[(int)ForecastInput.Own1d] = x[(int)ForecastInput.SeasonPk] = 0;
                for (var i = 0; i < numbers.Scales.Length; i++)
                    x[i] /= numbers.Scales[i];
                var outcome = Outcome.LogOf(hours.Variance(row.Hour, row.Hour + horizon.Hours, horizon.Hours));
                ridge.Add(x, hours.HourOfWeek(row.Hour), outcome - row.Level, Math.Pow(0.5, (last - time) / HalfLife));
            }
        }
        if (ridge.Count < FewestRows || ridge.Solve(Penalties, SeasonPenalty.Usual) is not { } solution)
            throw new BacktestException(
                $"{ridge.Count} hours can be used up to {until}: expected at least {FewestRows}, each with a week of "
                    + "candles before it and a whole horizon after it that ended a day before"
            );
        for (var i = 0; i < numbers.Scales.Length; i++)
            solution.Coefficients[i] /= numbers.Scales[i];
        return numbers with
        {
            Intercept = solution.Intercept,
            Betas = [.. solution.Coefficients],
            HourOfWeek = [.. solution.Season],
        };
    }

    private void InputsOf(FitRow row, HorizonCoefficients numbers, Instant time, Horizon horizon, Span<double> x)
    {
        for (var i = 0; i < numbers.Clips.Length; i++)
            x[i] = numbers.Clips[i].Clip(row.Inputs[i]);
        x[(int)ForecastInput.SeasonPk] = numbers.Season(time) * x[(int)ForecastInput.Pk20m];
        var end = time + horizon.Length;
        x[(int)ForecastInput.Cpi] = calendar.HasEvent(CalendarEventKind.Cpi, time, end) ? 1 : 0;
        x[(int)ForecastInput.Fomc] = calendar.HasEvent(CalendarEventKind.Fomc, time, end) ? 1 : 0;
        x[(int)ForecastInput.Nfp] = calendar.HasEvent(CalendarEventKind.Nfp, time, end) ? 1 : 0;
        x[(int)ForecastInput.Hol] = calendar.HolidayShare(time, end);
    }

    private static HorizonCoefficients Rounded(HorizonCoefficients numbers) =>
        numbers with
        {
            HourOfWeek = [.. numbers.HourOfWeek.Select(value => Math.Round(value, SeasonDigits))],
        };
}
