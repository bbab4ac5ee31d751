using System.Text.Json;
using Remora.ClickHouse;
using Remora.ClickHouse.Rows;
using Remora.Columns;
using Remora.Markets;
using Remora.Store.Tables;

namespace Remora.Store;

/// <summary>A table of the store.</summary>
internal abstract class StoreTable(string name, string time)
{
    /// <summary>The name.</summary>
    public SqlName Name { get; } = SqlName.Of(name);

    /// <summary>The column with the time that a row describes.</summary>
    public SqlName Time { get; } = SqlName.Of(time);

    /// <summary>The columns of inserts, in the order in which rows are encoded.</summary>
    public abstract IReadOnlyList<SqlName> Columns { get; }

    /// <summary>The types of these columns in the schema.</summary>
    public abstract IReadOnlyList<string> Types { get; }

    public static StoreTable<StoredCandle> Candles { get; } =
        new(
            "candles",
            "opened",
            [
                StoreColumn.Of<StoredCandle>(
                    "exchange",
                    ColumnTypes.Name,
                    (writer, in row) => writer.String(row.Exchange)
                ),
                StoreColumn.Of<StoredCandle>("pair", ColumnTypes.Name, (writer, in row) => writer.String(row.Pair)),
                StoreColumn.Of<StoredCandle>(
                    "timeframe",
                    ColumnTypes.Name,
                    (writer, in row) => writer.String(row.Timeframe)
                ),
                .. StoreColumn.Of<StoredCandle, Candle>(CandleColumns.All, (in row) => row.Candle),
            ]
        );

    public static StoreTable<Observation> Observations { get; } =
        new(
            "observations",
            "knowable_at",
            [.. StoreColumn.Of<Observation, Observation>(ObservationColumns.All, (in row) => row)]
        );

    public static StoreTable<BothSides> Assessments { get; } =
        new(
            "assessments",
            "assessed_at",
            [
                .. StoreColumn.Of<BothSides, Assessment>(AssessmentColumns.Tables, (in row) => row.Long),
                .. StoreColumn.OfShortSide<BothSides>(AssessmentColumns.Tables, (in row) => row.Short),
                StoreColumn.Of<BothSides>(
                    "published_at",
                    ColumnTypes.InTable(ValueKind.Time, isOptional: true),
                    (writer, in row) =>
                    {
                        writer.IsNull(row.Published is null);
                        if (row.Published is { } published)
                            writer.Int64(published.UnixMilliseconds);
                    }
                ),
                StoreColumn.Of<BothSides>(
                    "answer",
                    "String",
                    (writer, in row) =>
                        writer.Bytes(
                            JsonSerializer.SerializeToUtf8Bytes(row.Long, RemoraJson.Options.TypeOf<Assessment>())
                        )
                ),
            ]
        );

    public static StoreTable<RequestRow> Requests { get; } =
        new(
            "api_requests",
            "at",
            [
                StoreColumn.Of<RequestRow>(
                    "at",
                    ColumnTypes.Time,
                    (writer, in row) => writer.Int64(row.At.UnixMilliseconds)
                ),
                StoreColumn.Of<RequestRow>("route", ColumnTypes.Name, (writer, in row) => writer.String(row.Route)),
                StoreColumn.Of<RequestRow>("pair", ColumnTypes.Name, (writer, in row) => writer.String(row.Pair ?? "")),
                StoreColumn.Of<RequestRow>("query_hash", "UInt64", (writer, in row) => writer.UInt64(row.QueryHash)),
                StoreColumn.Of<RequestRow>("result_hash", "UInt64", (writer, in row) => writer.UInt64(row.ResultHash)),
                StoreColumn.Of<RequestRow>("unchanged", "Bool", (writer, in row) => writer.Bool(row.Unchanged)),
                StoreColumn.Of<RequestRow>(
                    "status",
                    "UInt16",
                    (writer, in row) => writer.UInt16((ushort)Math.Clamp(row.Status, 0, ushort.MaxValue))
                ),
                StoreColumn.Of<RequestRow>(
                    "microseconds",
                    "UInt32",
                    (writer, in row) => writer.UInt32(row.Microseconds)
                ),
                StoreColumn.Of<RequestRow>(
                    "client",
                    ColumnTypes.InTable(ValueKind.Text, isOptional: true),
                    (writer, in row) => writer.NullableString(row.Client)
                ),
            ]
        );

    public static StoreTable<RivalFitRow> RivalFits { get; } =
        new(
            "rival_fits",
            "valid_from",
            [
                NameOf("exchange", (in row) => row.Market.Exchange),
                NameOf("pair", (in row) => row.Market.Pair.ToString()),
                NameOf("timeframe", (in row) => row.Market.Timeframe.Name),
                NameOf("model", (in row) => row.Model),
                NameOf("horizon", (in row) => row.Horizon.Name),
                StoreColumn.Of<RivalFitRow>(
                    "valid_from",
                    ColumnTypes.Time,
                    (writer, in row) => writer.Int64(row.ValidFrom.UnixMilliseconds)
                ),
                StoreColumn.Of<RivalFitRow>("intercept", "Float64", (writer, in row) => writer.Float64(row.Intercept)),
                StoreColumn.Of<RivalFitRow>("inputs", "Array(Float64)", (writer, in row) => Write(writer, row.Inputs)),
                StoreColumn.Of<RivalFitRow>("season", "Array(Float64)", (writer, in row) => Write(writer, row.Season)),
                StoreColumn.Of<RivalFitRow>("smear", "Float64", (writer, in row) => writer.Float64(row.Smear)),
                StoreColumn.Of<RivalFitRow>(
                    "fitted_hours",
                    "UInt32",
                    (writer, in row) => writer.UInt32((uint)row.FittedHours)
                ),
            ]
        );

    public static StoreTable<Heartbeat> Heartbeats { get; } =
        new(
            "heartbeats",
            "at",
            [
                StoreColumn.Of<Heartbeat>(
                    "at",
                    ColumnTypes.Time,
                    (writer, in row) => writer.Int64(row.At.UnixMilliseconds)
                ),
                StoreColumn.Of<Heartbeat>("ready", "Bool", (writer, in row) => writer.Bool(row.Ready)),
            ]
        );

    public static StoreTable<BookRow> Books { get; } =
        new(
            "books",
            "at",
            [
                StoreColumn.Of<BookRow>("bot", ColumnTypes.Name, (writer, in row) => writer.String(row.Bot)),
                StoreColumn.Of<BookRow>(
                    "at",
                    ColumnTypes.Time,
                    (writer, in row) => writer.Int64(row.At.UnixMilliseconds)
                ),
                StoreColumn.Of<BookRow>("currency", ColumnTypes.Name, (writer, in row) => writer.String(row.Currency)),
                StoreColumn.Of<BookRow>("wallet", "Float64", (writer, in row) => writer.Float64(row.Wallet)),
                StoreColumn.Of<BookRow>("positions", "UInt32", (writer, in row) => writer.UInt32((uint)row.Positions)),
                StoreColumn.Of<BookRow>(
                    "not_counted",
                    "UInt32",
                    (writer, in row) => writer.UInt32((uint)row.NotCounted)
                ),
                StoreColumn.Of<BookRow>("volatility", "Float64", (writer, in row) => writer.Float64(row.Volatility)),
                NumberOf("value_at_risk_95", (in row) => row.ValueAtRisk95),
                NumberOf("value_at_risk_99", (in row) => row.ValueAtRisk99),
                NumberOf("expected_shortfall_95", (in row) => row.ExpectedShortfall95),
                NumberOf("expected_shortfall_99", (in row) => row.ExpectedShortfall99),
                NumberOf("liquidation_chance", (in row) => row.LiquidationChance),
                StoreColumn.Of<BookRow>(
                    "over_limit",
                    "Nullable(Bool)",
                    (writer, in row) =>
                    {
                        writer.IsNull(row.OverLimit is null);
                        if (row.OverLimit is { } isOver)
                            writer.Bool(isOver);
                    }
                ),
                StoreColumn.Of<BookRow>("answer", "String", (writer, in row) => writer.String(row.Answer)),
            ]
        );

    public static StoreTable<DecisionRow> Decisions { get; } =
        new(
            "decisions",
            "at",
            [
                StoreColumn.Of<DecisionRow>("id", "String", (writer, in row) => writer.String(row.Id)),
                DecisionName("bot", (in row) => row.Bot),
                DecisionName("exchange", (in row) => row.Exchange),
                DecisionName("pair", (in row) => row.Pair),
                DecisionName("timeframe", (in row) => row.Timeframe),
                DecisionName("side", (in row) => row.Side),
                StoreColumn.Of<DecisionRow>(
                    "at",
                    ColumnTypes.Time,
                    (writer, in row) => writer.Int64(row.At.UnixMilliseconds)
                ),
                DecisionName("verdict", (in row) => row.Verdict),
                StoreColumn.Of<DecisionRow>("report", "String", (writer, in row) => writer.String(row.Report)),
            ]
        );

    public static IReadOnlyList<StoreTable> All { get; } =
    [Candles, Observations, Assessments, Requests, RivalFits, Heartbeats, Books, Decisions];

    private static StoreColumn<DecisionRow> DecisionName(string name, PartOf<DecisionRow, string> value) =>
        StoreColumn.Of<DecisionRow>(name, ColumnTypes.Name, (writer, in row) => writer.String(value(in row)));

    private static StoreColumn<BookRow> NumberOf(string name, PartOf<BookRow, double> value) =>
        StoreColumn.Of<BookRow>(
            name,
            "Nullable(Float64)",
            (writer, in row) =>
            {
                var number = value(in row);
                writer.IsNull(double.IsNaN(number));
                if (!double.IsNaN(number))
                    writer.Float64(number);
            }
        );

    private static StoreColumn<RivalFitRow> NameOf(string name, PartOf<RivalFitRow, string> value) =>
        StoreColumn.Of<RivalFitRow>(name, ColumnTypes.Name, (writer, in row) => writer.String(value(in row)));

    private static void Write(RowWriter writer, IReadOnlyList<double> numbers)
    {
        writer.Count(numbers.Count);
        foreach (var number in numbers)
            writer.Float64(number);
    }
}

/// <summary>A table of the store and the encoder of its rows.</summary>
/// <param name="name">The name.</param>
/// <param name="time">The column with the time that a row describes.</param>
/// <param name="columns">
/// The columns, except for <c>sequence</c>, which all tables have. Other columns have defaults.
/// </param>
internal sealed class StoreTable<T>(string name, string time, IReadOnlyList<StoreColumn<T>> columns)
    : StoreTable(name, time)
{
    private readonly Encode<T>[] _encoders = [.. columns.Select(column => column.Write)];

    public override IReadOnlyList<SqlName> Columns { get; } =
    [.. columns.Select(column => column.Name), SqlName.Of("sequence")];

    public override IReadOnlyList<string> Types { get; } = [.. columns.Select(column => column.Type), "UInt64"];

    /// <summary>Encodes a row.</summary>
    /// <param name="writer">Receives the encoded values.</param>
    /// <param name="row">The row.</param>
    /// <param name="sequence">The version: of rows with the same key, the highest wins.</param>
    public void Write(RowWriter writer, in T row, ulong sequence)
    {
        foreach (var encode in _encoders)
            encode(writer, in row);
        writer.UInt64(sequence);
    }
}
