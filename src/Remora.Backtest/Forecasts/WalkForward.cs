using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>
/// Fits the model anew at the begin of each quarter, on what was known then. The tables of each fit
/// are those of the quarters before it, whose forecasts came from earlier fits: outcomes that a fit
/// has seen are smaller in its own units than those that it has not.
/// </summary>
/// <param name="markets">The markets.</param>
/// <param name="calendar">The events.</param>
/// <param name="constants">The numbers that are the same in every fit.</param>
internal sealed class WalkForward(
    IReadOnlyList<ForecastMarket> markets,
    ForecastCalendar calendar,
    ForecastCoefficients constants
)
{
    /// <summary>
    /// The begin of the first quarter with a fit. The constants come from the time before it.
    /// </summary>
    public static readonly Instant Start = Instant.From(new(2021, 7, 1, 0, 0, 0, TimeSpan.Zero));

    // With fewer quarters, the tables also have the outcomes that the fit has seen.
    private const int EnoughQuarters = 4;
    private static readonly TimeSpan ErrorSpan = TimeSpan.FromDays(730);

    private readonly ForecastFit _fit = new(markets, calendar, constants);

    /// <summary>Fits each quarter before a moment for which there are enough candles, and the
    /// moment itself.</summary>
    /// <exception cref="BacktestException">There are too few candles for the last fit.</exception>
    public IReadOnlyList<ForecastCoefficients> Run(
        Instant until,
        IProgress<double>? progress,
        CancellationToken cancellation
    )
    {
        Instant[] moments =
        [
            .. Quarters.Within(Start, until).Where(quarter => quarter < until && _fit.IsPossible(quarter)),
            until,
        ];
        var fits = new List<ForecastCoefficients>(moments.Length);
        var (before, late) = (NewResiduals(), NewResiduals());
        for (var i = 0; i < moments.Length; i++)
        {
            var fit = _fit.Run(moments[i], cancellation);
            var next = i + 1 < moments.Length ? moments[i + 1] : moments[i];
            var after = After(fit, next, cancellation);
            var numbers = fit.Horizons.ToArray();
            for (var h = 0; h < Horizon.Count; h++)
            {
                if (i < EnoughQuarters)
                    after.Seen[h].Add(before[h]);
                numbers[h] = (i < EnoughQuarters ? after.Seen : before)[h].Tables(numbers[h]);
                numbers[h] = after.Recent[h].Errors(numbers[h]);
                before[h].Add(late[h]);
                before[h].Add(after.Later[h]);
            }
            late = after.Late;
            fits.Add(fit with { Horizons = [.. numbers] });
            progress?.Report((i + 1.0) / moments.Length);
        }
        return fits;
    }

    private Parts After(ForecastCoefficients fit, Instant next, CancellationToken cancellation)
    {
        var parts = new Parts[markets.Count];
        SideBySide.For(parts.Length, i => parts[i] = Of(markets[i], fit, next, cancellation), cancellation);
        var all = new Parts();
        foreach (var part in parts)
        {
            for (var h = 0; h < Horizon.Count; h++)
            {
                all.Seen[h].Add(part.Seen[h]);
                all.Recent[h].Add(part.Recent[h]);
                all.Later[h].Add(part.Later[h]);
                all.Late[h].Add(part.Late[h]);
            }
        }
        return all;
    }

    private Parts Of(ForecastMarket market, ForecastCoefficients fit, Instant next, CancellationToken cancellation)
    {
        var (parts, hours) = (new Parts(), market.Hours);
        var last = Horizon.All.Select(horizon => fit.ValidFrom - horizon.Length - Rivals.Embargo).ToArray();
        market.Stream(
            fit,
            calendar,
            next,
            (hour, forecaster) =>
            {
                var time = hours.BeginOf(hour);
                foreach (var horizon in Horizon.All)
                {
                    if (!hours.AreWhole(hour, hour + horizon.Hours))
                        continue;
                    var (h, log) = (horizon.Index, forecaster.LogVarianceOf(horizon));
                    if (time <= last[h])
                        parts.Seen[h].Add(hours, hour, horizon, log);
                    if (time <= last[h] && time > last[h] - ErrorSpan)
                        parts.Recent[h].Add(hours, hour, horizon, log);
                    if (time >= fit.ValidFrom)
                        (time + horizon.Length <= next ? parts.Later : parts.Late)[h].Add(hours, hour, horizon, log);
                }
            },
            cancellation
        );
        return parts;
    }

    private static Residuals[] NewResiduals() => [.. Horizon.All.Select(_ => new Residuals())];

    /// <summary>The outcomes of one fit's forecasts, of each horizon.</summary>
    private sealed class Parts
    {
        /// <summary>Those that the fit has seen.</summary>
        public Residuals[] Seen { get; } = NewResiduals();

        /// <summary>Those of them of the last two years.</summary>
        public Residuals[] Recent { get; } = NewResiduals();

        /// <summary>Those after the fit that ended before the next one.</summary>
        public Residuals[] Later { get; } = NewResiduals();

        /// <summary>Those after the fit that ended after the begin of the next one.</summary>
        public Residuals[] Late { get; } = NewResiduals();
    }
}
