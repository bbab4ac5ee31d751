using System.Globalization;
using Remora.ClickHouse.Rollups;
using Remora.Supervision;

namespace Remora.Store;

/// <summary>
/// Reports a rollup once when it has become slow, and once when it is no longer. A few slow queries
/// of a busy machine are not reported.
/// </summary>
/// <param name="notice">Receives a line when a rollup has become slow.</param>
/// <param name="recovery">
/// Receives a line when it is no longer; <paramref name="notice"/> if null.
/// </param>
internal sealed class SlowRollups(Action<string>? notice, Action<string>? recovery)
{
    private const int Checks = 3;

    private readonly Incidents _incidents = new(notice, recovery);
    private readonly Dictionary<string, int> _slow = new(StringComparer.Ordinal);

    /// <summary>The rollups that are reported as slow.</summary>
    public IReadOnlyList<string> Current => _incidents.Current;

    /// <summary>Takes the speed of a rollup at a check.</summary>
    public void Update(RollupSpeed speed)
    {
        var name = speed.Rollup.Value;
        if (!speed.IsSlow)
        {
            _slow.Remove(name);
            _incidents.End(name, $"the rollup '{name}' is no longer slow");
            return;
        }
        _slow[name] = _slow.GetValueOrDefault(name) + 1;
        if (_slow[name] >= Checks)
            _incidents.Begin(name, Describe(speed));
    }

    private static string Describe(RollupSpeed speed)
    {
        var parts = new List<string>();
        if (speed.IsTypicalSlow)
            parts.Add($"its typical query takes {In(speed.Typical!.Median)} (median)");
        if (speed.AreClientsSlow)
            parts.Add($"one in twenty of {speed.Clients!.Count} queries of clients takes {In(speed.Clients.P95)}");
        return $"the rollup '{speed.Rollup}' is slow: {string.Join(", ", parts)}; more than {In(speed.SlowAfter)} is "
            + "slow";
    }

    private static string In(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.#} ms");
}
