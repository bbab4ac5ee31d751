namespace Remora.Sandbox.Faults;

/// <summary>One fault: what goes wrong, for whom, how often, how long.</summary>
/// <param name="Kind">What goes wrong.</param>
public sealed record Fault(FaultKind Kind)
{
    /// <summary>Only this exchange; null for all.</summary>
    public string? Exchange { get; init; }

    /// <summary>Only requests whose path contains this text; null for all.</summary>
    public string? Path { get; init; }

    /// <summary>The share of requests it hits, above 0 up to 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>How long it lasts from when it is added, in real time; null until it is cleared.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>What <see cref="FaultKind.Http429"/> and <see cref="FaultKind.Http418"/> say in Retry-After.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How far ahead <see cref="FaultKind.WrongClock"/> puts the candles; rounded up to whole candles.</summary>
    public TimeSpan ClockError { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What <see cref="FaultKind.PriceSpike"/> and <see cref="FaultKind.PriceLevel"/> multiply prices by.</summary>
    public double PriceFactor { get; init; } = 1000;

    /// <summary>The exchanges a fault can be limited to.</summary>
    public static IReadOnlyList<string> Exchanges { get; } = ["binance", "kraken", "coinbase", "bybit", "okx", "alternative.me", "yahoo", "coingecko", "coinpaprika", "deribit", "fred", "news", "cryptopanic", "coinglass"];

    internal bool Matches(string exchange, string path) =>
        (Exchange is null || Exchange == exchange) && (Path is null || path.Contains(Path, StringComparison.OrdinalIgnoreCase));

    internal void Validate()
    {
        Require(Enum.IsDefined(Kind), "kind", Kind, string.Join(", ", FaultKinds.Names));
        Require(Exchange is null || Exchanges.Contains(Exchange), "exchange", Exchange, string.Join(", ", Exchanges));
        Require(Share is > 0 and <= 1, "share", Share, "above 0, up to 1");
        Require(Duration is null || Duration > TimeSpan.Zero, "duration", Duration, "above 0, or none");
        Require(RetryAfter >= TimeSpan.Zero, "retry after", RetryAfter, "0 or more");
        Require(PriceFactor is >= 1e-9 and <= 1e9, "price factor", PriceFactor, "1e-9 to 1e9");
        Require(ClockError > TimeSpan.Zero && ClockError <= TimeSpan.FromDays(365), "clock error", ClockError, "above 0, up to 365 days");
    }

    private static void Require(bool holds, string field, object? value, string allowed)
    {
        if (!holds) throw new SandboxOptionException($"the fault's {field} is {value}: expected {allowed}");
    }
}
