using Remora.Markets;

namespace Remora.Feeds.Derivatives;

/// <summary>Sums liquidations by the hour, and knows which hours were heard from their first moment to their last: only those have a sum.</summary>
internal sealed class LiquidationTally
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly Dictionary<(Instant Hour, string Base), double> _sums = [];
    private IReadOnlyList<string> _bases = [];
    private Instant? _heardSince;
    private Instant? _running;

    /// <summary>From now on everything about these is heard.</summary>
    public void Open(Instant now, IReadOnlyList<string> bases)
    {
        _bases = bases;
        _heardSince = now;
        _running = now.Floor(Hour);
        _sums.Clear();
    }

    /// <summary>Something was not heard, or cannot be believed: what was heard of this hour is worth nothing, and the next one counts from its beginning only if it is all heard.</summary>
    /// <returns>The end of the hour that was lost by this; null where none was.</returns>
    public Instant? Lose()
    {
        var lost = _heardSince is null ? null : _running + Hour;
        _heardSince = null;
        return lost;
    }

    /// <summary>What cannot be believed spoils the hour it came in, while the connection goes on.</summary>
    public void Spoil(Instant now) => _heardSince = now;

    /// <summary>A liquidation; one of an hour that has been summed up already is too late.</summary>
    public void Add(string @base, double usd, Instant at)
    {
        var key = (at.Floor(Hour), @base);
        if (at.Floor(Hour) >= _running) _sums[key] = _sums.GetValueOrDefault(key) + usd;
    }

    /// <summary>It is known to be heard until now: gives the hours that ended since the last time, each with its sums, or with none where it was not all heard.</summary>
    public IEnumerable<(Instant End, IReadOnlyList<(string Base, double Usd)> Sums)> HeardUntil(Instant now)
    {
        if (_running is not { } first || _heardSince is not { } since) yield break;
        for (var hour = first; hour + Hour <= now; hour += Hour)
        {
            var begin = hour;
            _running = hour + Hour;
            yield return (hour + Hour, since > begin ? [] : [.. _bases.Select(name => (name, _sums.GetValueOrDefault((begin, name))))]);
            foreach (var key in _sums.Keys.Where(key => key.Hour <= begin).ToList()) _sums.Remove(key);
        }
    }
}
