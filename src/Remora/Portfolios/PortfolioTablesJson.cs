using System.Text.Json;
using Remora.Forecasts;

namespace Remora.Portfolios;

/// <summary>Reads and writes the tables of books in a file of coefficients.</summary>
internal static class PortfolioTablesJson
{
    /// <summary>The name of the field.</summary>
    public const string Name = "portfolio";

    private const int MostDays = 100_000;

    private static readonly string[] KindNames = ["net_long", "net_short", "hedged"];
    private static readonly string[] IntervalNames =
    [
        "value_at_risk_95",
        "expected_shortfall_95",
        "value_at_risk_99",
        "expected_shortfall_99",
    ];

    public static void Write(Utf8JsonWriter json, PortfolioTables portfolio)
    {
        json.WriteStartObject(Name);
        foreach (var horizon in PortfolioTables.Horizons)
        {
            json.WriteStartObject(horizon.Name);
            var tables = portfolio.Of(horizon)!;
            LossTable[] kinds = [tables.NetLong, tables.NetShort, tables.Hedged];
            for (var i = 0; i < kinds.Length; i++)
                WriteTable(json, KindNames[i], kinds[i]);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    /// <exception cref="CoefficientsException">A field is wrong.</exception>
    public static PortfolioTables Read(CoefficientsField portfolio)
    {
        portfolio.ExpectOnly([.. PortfolioTables.Horizons.Select(horizon => horizon.Name)]);
        HorizonTables[] horizons =
        [
            .. PortfolioTables.Horizons.Select(horizon =>
            {
                var tables = portfolio[horizon.Name];
                tables.ExpectOnly(KindNames);
                return new HorizonTables(
                    ReadTable(tables[KindNames[0]]),
                    ReadTable(tables[KindNames[1]]),
                    ReadTable(tables[KindNames[2]])
                );
            }),
        ];
        return new(horizons[0], horizons[1]);
    }

    private static void WriteTable(Utf8JsonWriter json, string name, LossTable table)
    {
        json.WriteStartObject(name);
        json.WriteNumber("days", table.Days);
        CoefficientsFile.WriteNamed(json, "losses", CoefficientsFile.ProbabilityNames, table.Losses.Sizes);
        json.WriteStartObject("intervals");
        Bounds[] bounds =
        [
            table.At95.ValueAtRisk,
            table.At95.ExpectedShortfall,
            table.At99.ValueAtRisk,
            table.At99.ExpectedShortfall,
        ];
        for (var i = 0; i < bounds.Length; i++)
            CoefficientsFile.WriteNumbers(json, IntervalNames[i], [bounds[i].Low, bounds[i].High]);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static LossTable ReadTable(CoefficientsField table)
    {
        table.ExpectOnly("days", "losses", "intervals");
        var intervals = table["intervals"];
        intervals.ExpectOnly(IntervalNames);
        Bounds Of(int i)
        {
            var bounds = intervals[IntervalNames[i]].Bounds();
            return new(bounds.Low, bounds.High);
        }
        return new(
            CoefficientsFile.ReadTable(table["losses"], mustBePositive: false),
            new(Of(0), Of(1)),
            new(Of(2), Of(3)),
            (int)table["days"].Number(1, MostDays)
        );
    }
}
