using System.Collections.Concurrent;
using Remora.Markets;
using Remora.Sandbox.Series;

namespace Remora.Sandbox.Simulation;

/// <summary>
/// A simulated market with one-minute resolution. The path of its hourly prices is generated once,
/// forwards. The minutes of an hour are a bridge between its two ends and are generated on demand,
/// always with the same result. Therefore years need little memory, and no request affects another.
/// </summary>
internal sealed class SimulatedSeries(MarketConditions weather, PairProfile profile, Instant from) : CandleSeries
{
    private const int Chunk = 24 * 90;

    // The pull towards the usual price keeps prices in range over decades.
    private const double PullPerHour = 1.0 / (24 * 150);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly ulong CommonMinutes = Dice.Stream("common minutes");

    private readonly ulong _hourStream = Dice.Stream(profile.Key);
    private readonly ulong _minuteStream = Dice.Stream(profile.Key + " minutes");
    private readonly double _ticksPerUnit = Math.Pow(10, profile.Decimals);
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<int, Candle> _hourCandles = new();
    private readonly int _firstHour = HourOf(from);
    private double[] _path = [];

    public override Timeframe Base { get; } = Timeframe.Parse("1m");

    public override Instant From => from;

    public override Instant? Until => null;

    public override SeriesOrigin Origin => SeriesOrigin.Simulated;

    public int Decimals => profile.Decimals;

    protected override IEnumerable<Candle> Pieces(Timeframe timeframe, Instant from, Instant to, Instant now)
    {
        var minutes = new Candle[60];
        var byHour = timeframe.Length >= Hour;
        for (var at = Max(from, From).Floor(Hour); at < to && at <= now; at += Hour)
        {
            var hour = HourOf(at);
            if (byHour && at + Hour <= now)
            {
                yield return HourCandle(hour);
                continue;
            }
            DrawMinutes(hour, minutes);
            foreach (var minute in minutes)
            {
                if (minute.OpenTime < from)
                    continue;
                if (minute.OpenTime >= to || minute.OpenTime > now)
                    yield break;
                yield return minute.OpenTime + Minute <= now ? minute : Stub(minute);
            }
        }
    }

    private static int HourOf(Instant at) => (int)((at - MarketConditions.Anchor).Ticks / Hour.Ticks);

    private Candle HourCandle(int hour)
    {
        if (_hourCandles.TryGetValue(hour, out var known))
            return known;
        Span<Candle> minutes = stackalloc Candle[60];
        DrawMinutes(hour, minutes);
        var (high, low, volume) = (minutes[0].High, minutes[0].Low, 0.0);
        foreach (ref readonly var minute in minutes)
        {
            high = Math.Max(high, minute.High);
            low = Math.Min(low, minute.Low);
            volume += minute.Volume;
        }
        return _hourCandles[hour] = new(
            minutes[0].OpenTime,
            minutes[0].Open,
            high,
            low,
            minutes[^1].Close,
            Math.Round(volume, 8)
        );
    }

    private void DrawMinutes(int hour, Span<Candle> minutes)
    {
        var common = weather.Hours(hour + 1)[hour];
        var (starts, ends) = Levels(hour);
        var (_, jump, jumpMinute) = OwnHour(hour);
        var commonJump = profile.Beta * common.Jump;

        // A bridge: random steps, shifted so that together with the jumps they end exactly at the
        // end of the hour.
        Span<double> steps = stackalloc double[60];
        var commonDice = new Dice(weather.Seed, CommonMinutes, hour);
        var dice = new Dice(weather.Seed, _minuteStream, hour);
        var scale = common.Volatility / Math.Sqrt(60);
        var sum = 0.0;
        foreach (ref var step in steps)
        {
            step = scale * ((profile.Beta * commonDice.Normal()) + (profile.Own * dice.Normal()));
            sum += step;
        }
        var shift = (ends - starts - jump - commonJump - sum) / 60;

        var deviation = scale * Math.Sqrt((profile.Beta * profile.Beta) + (profile.Own * profile.Own));
        var usual = RegimeParameters.Of(MarketPhase.Normal).Volatility / Math.Sqrt(60);
        var at = MarketConditions.Anchor + (Hour * hour);
        var (level, open) = (starts, Price(starts));
        for (var i = 0; i < 60; i++)
        {
            var step = steps[i] + shift + (i == jumpMinute ? jump : 0) + (i == common.JumpMinute ? commonJump : 0);
            level += step;
            var close = Price(i == 59 ? ends : level);
            var (up, down) = (dice.Uniform(), dice.Uniform());
            var high = Tick(Math.Max(open, close) * (1 + (deviation * up * up)));
            var low = Tick(Math.Min(open, close) * (1 - (deviation * down * down)));
            var activity = (0.4 * (scale / usual)) + (0.6 * Math.Abs(step) / usual);
            var volume = profile.VolumePerMinute * activity * Math.Exp(0.5 * dice.Normal());
            minutes[i] = new(at + (Minute * i), open, high, low, close, Math.Round(volume * 1e5) / 1e5);
            open = close;
        }
    }

    /// <summary>
    /// Returns the logarithm of the price, relative to the usual price, at the start and at the end
    /// of an hour.
    /// </summary>
    private (double Starts, double Ends) Levels(int hour)
    {
        var index = hour - _firstHour;
        var path = Volatile.Read(ref _path);
        if (path.Length < index + 2)
            path = Extend(index + 2);
        return (path[index], path[index + 1]);
    }

    private double[] Extend(int count)
    {
        lock (_lock)
        {
            if (_path.Length >= count)
                return _path;
            var longer = new double[count + Chunk];
            var hours = weather.Hours(_firstHour + longer.Length);
            var known = _path.Length;
            if (known == 0)
            {
                // Hours that cannot be requested are not stored.
                for (var hour = 0; hour < _firstHour; hour++)
                    longer[0] = Next(longer[0], hours[hour], hour);
                known = 1;
            }
            _path.CopyTo(longer, 0);
            for (var i = known; i < longer.Length; i++)
                longer[i] = Next(longer[i - 1], hours[_firstHour + i - 1], _firstHour + i - 1);
            Volatile.Write(ref _path, longer);
            return longer;
        }
    }

    private double Next(double level, in MarketConditionsHour common, int hour)
    {
        var (own, jump, _) = OwnHour(hour);
        return (level * (1 - PullPerHour))
            + (profile.Beta * (common.Return + common.Jump))
            + (profile.Own * common.Volatility * own)
            + jump;
    }

    private (double Normal, double Jump, int JumpMinute) OwnHour(int hour)
    {
        var dice = new Dice(weather.Seed, _hourStream, hour);
        var normal = dice.Normal();
        var jump = dice.Uniform() < 0.001 ? 0.012 * profile.Own * dice.Normal() : 0;
        return (normal, jump, dice.Below(60));
    }

    private double Price(double logarithm) => Tick(profile.Price * Math.Exp(logarithm));

    private double Tick(double price) => Math.Max(Math.Round(price * _ticksPerUnit), 1) / _ticksPerUnit;
}
