namespace Remora.Sandbox.Faults;

/// <summary>A fault: its kind, the requests it affects, its share and its duration.</summary>
/// <param name="Kind">The kind of fault.</param>
public sealed record Fault(FaultKind Kind)
{
    /// <summary>Affects only this exchange; null for all.</summary>
    public string? Exchange { get; init; }

    /// <summary>Affects only requests whose path contains this text; null for all.</summary>
    public string? Path { get; init; }

    /// <summary>The share of requests that it affects, above 0 up to 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>
    /// How long it lasts after it was added, in real time; null until it is cleared.
    /// </summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>
    /// The value of Retry-After for <see cref="FaultKind.Http429"/> and
    /// <see cref="FaultKind.Http418"/>.
    /// </summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How far ahead <see cref="FaultKind.WrongClock"/> moves the candles, rounded up to whole
    /// candles.
    /// </summary>
    public TimeSpan ClockError { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The factor of prices for <see cref="FaultKind.PriceSpike"/>,
    /// <see cref="FaultKind.PriceLevel"/> and <see cref="FaultKind.OpenCandle"/>.
    /// </summary>
    public double PriceFactor { get; init; } = 1000;

    /// <summary>The exchanges that a fault can be limited to.</summary>
    public static IReadOnlyList<string> Exchanges { get; } =
    [
        "binance",
        "kraken",
        "coinbase",
        "bybit",
        "okx",
        "alternative.me",
        "yahoo",
        "coingecko",
        "coinpaprika",
        "deribit",
        "fred",
        "news",
        "cryptopanic",
        "coinglass",
    ];

    internal bool Matches(string exchange, string path) =>
        (Exchange is null || Exchange == exchange)
        && (Path is null || path.Contains(Path, StringComparison.OrdinalIgnoreCase));

    internal void Validate()
    {
        Require(Enum.IsDefined(Kind), "kind", Kind, string.Join(", ", FaultKinds.Names));
        Require(Exchange is null || Exchanges.Contains(Exchange), "exchange", Exchange, string.Join(", ", Exchanges));
        Require(Share is > 0 and <= 1, "share", Share, "above 0, up to 1");
        Require(Duration is null || Duration > TimeSpan.Zero, "duration", Duration, "above 0, or none");
        Require(RetryAfter >= TimeSpan.Zero, "retry after", RetryAfter, "0 or more");
        Require(PriceFactor is >= 1e-9 and <= 1e9, "price factor", PriceFactor, "1e-9 to 1e9");
        Require(
            ClockError > TimeSpan.Zero && ClockError <= TimeSpan.FromDays(365),
            "clock error",
            ClockError,
            "above 0, up to 365 days"
        );
    }

    private static void Require(bool holds, string field, object? value, string allowed)
    {
        if (!holds)
            throw new SandboxOptionException($"the fault's {field} is {value}: expected {allowed}");
    }
}
