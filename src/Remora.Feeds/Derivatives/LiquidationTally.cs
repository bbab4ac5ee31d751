using Remora.Markets;

namespace Remora.Feeds.Derivatives;

/// <summary>
/// Sums liquidations by the hour and tracks which hours were received completely. Only those have a
/// sum.
/// </summary>
internal sealed class LiquidationTally
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly Dictionary<(Instant Hour, string Base), double> _sums = [];
    private IReadOnlyList<string> _bases = [];
    private Instant? _receivingSince;
    private Instant? _running;

    /// <summary>
    /// Starts reception: from now on all liquidations of these currencies are received.
    /// </summary>
    public void Open(Instant now, IReadOnlyList<string> bases)
    {
        _bases = bases;
        _receivingSince = now;
        _running = now.Floor(Hour);
        _sums.Clear();
    }

    /// <summary>
    /// Stops reception after a loss or an invalid value. The running hour has no sum, and the next
    /// hour has one only if all of it is received.
    /// </summary>
    /// <returns>The end of the hour that was lost; null if none was.</returns>
    public Instant? Disconnect()
    {
        var lost = _receivingSince is null ? null : _running + Hour;
        _receivingSince = null;
        return lost;
    }

    /// <summary>
    /// Discards the running hour because of an invalid value. The connection goes on.
    /// </summary>
    public void DiscardHour(Instant now) => _receivingSince = now;

    /// <summary>Adds a liquidation. Ignores it if its hour has been summed up already.</summary>
    public void Add(string @base, double usd, Instant at)
    {
        var key = (at.Floor(Hour), @base);
        if (at.Floor(Hour) >= _running)
            _sums[key] = _sums.GetValueOrDefault(key) + usd;
    }

    /// <summary>
    /// Confirms reception until now. Returns the hours that ended since the last call, each with
    /// its sums, or without sums if it was not received completely.
    /// </summary>
    public IEnumerable<(Instant End, IReadOnlyList<(string Base, double Usd)> Sums)> CompletedUntil(Instant now)
    {
        if (_running is not { } first || _receivingSince is not { } since)
            yield break;
        for (var hour = first; hour + Hour <= now; hour += Hour)
        {
            var begin = hour;
            _running = hour + Hour;
            yield return (
                hour + Hour,
                since > begin ? [] : [.. _bases.Select(name => (name, _sums.GetValueOrDefault((begin, name))))]
            );
            foreach (var key in _sums.Keys.Where(key => key.Hour <= begin).ToList())
                _sums.Remove(key);
        }
    }
}
