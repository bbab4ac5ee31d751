using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;

namespace Remora.Native;

/// <summary>What books need of a market's past: the forecast and the standardized returns of each
/// full hour, the newest hours of a number.</summary>
internal sealed class BookPast(int kept)
{
    /// <summary>The most hours that can be kept: 22 years.</summary>
    public const int MostHours = 200_000;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly List<(Instant End, Forecast? Forecast, double[]? Returns)> _hours = [];
    private Forecast? _newest;
    private int _candlesPerHour = 12;

    /// <summary>Adds what is known at the close of a candle.</summary>
    public void Add(Instant close, Forecast? forecast, StandardizedHours? hours)
    {
        _newest = forecast ?? _newest;
        if (close.Floor(Hour) != close || hours is null)
            return;
        _candlesPerHour = hours.CandlesPerHour;
        var isWhole = hours.TryGet(close, out var returns);
        if (_hours.Count >= 2 * kept)
            _hours.RemoveRange(0, _hours.Count - kept);
        _hours.Add((close, forecast, isWhole ? returns.ToArray() : null));
    }

    /// <summary>Returns what was known at a moment.</summary>
    public BookMarket At(MarketId market, Instant moment)
    {
        var (low, high) = (0, _hours.Count); // the number of hours that end by then
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_hours[middle].End <= moment)
                low = middle + 1;
            else
                high = middle;
        }
        var forecast = low > 0 ? _hours[low - 1].Forecast : null;
        if (_newest is { } newest && newest.AsOf <= moment)
            forecast = newest;
        if (forecast is not null && moment - forecast.AsOf > Hour)
            forecast = null;
        var hours = new StandardizedHours(_candlesPerHour);
        for (var i = Math.Max(0, low - StandardizedHours.Kept); i < low; i++)
            if (_hours[i].Returns is { } returns && _hours[i].End > moment - (StandardizedHours.Kept * Hour))
                hours.Add(_hours[i].End, returns);
        return new(new(market, forecast, double.NaN), hours);
    }
}

/// <summary>A market of a book at one moment.</summary>
/// <param name="Market">The market with its forecast.</param>
/// <param name="Hours">Its hours of the 30 days before.</param>
internal sealed record BookMarket(PortfolioMarket Market, StandardizedHours Hours);
