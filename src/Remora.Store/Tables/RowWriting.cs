using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Remora.ClickHouse.Rows;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Store.Tables;

/// <summary>Encodes rows, column by column in the order of <see cref="StoreTable"/>.</summary>
internal static class RowWriting
{
    private static readonly JsonTypeInfo<Assessment> AssessmentJson = RemoraJson.Options.TypeOf<Assessment>();
    private static readonly RiskFlag[] Flags = Enum.GetValues<RiskFlag>();

    public static void Candle(RowWriter row, string exchange, Pair pair, Timeframe timeframe, in Candle candle, ulong sequence)
    {
        row.String(exchange);
        row.String(pair.ToString());
        row.String(timeframe.Name);
        row.Int64(candle.OpenTime.UnixMilliseconds);
        row.Float64(candle.Open);
        row.Float64(candle.High);
        row.Float64(candle.Low);
        row.Float64(candle.Close);
        row.Float64(candle.Volume);
        row.UInt64(sequence);
    }

    public static void Observation(RowWriter row, Observation observation, ulong sequence)
    {
        row.String(RemoraJson.NameOf(observation.Signal));
        row.NullableString(observation.Base);
        row.String(observation.Source);
        row.Float64(observation.Value);
        row.Int64(observation.HeldAt.UnixMilliseconds);
        row.Int64(observation.KnowableAt.UnixMilliseconds);
        row.Int64((long)observation.TimeToLive.TotalMilliseconds);
        row.UInt64(sequence);
    }

    public static void Assessment(RowWriter row, Assessment assessment, ulong sequence)
    {
        row.String(assessment.Exchange);
        row.String(assessment.Pair.ToString());
        row.String(assessment.Timeframe.Name);
        row.String(assessment.Policy);
        row.String(assessment.PolicyId);
        row.String(assessment.Model);
        row.Int64(assessment.AssessedAt.UnixMilliseconds);
        row.IsNull(assessment.AsOf is null);
        if (assessment.AsOf is { } asOf) row.Int64(asOf.UnixMilliseconds);
        Number(row, assessment.GetReadings().Close);
        row.Bool(assessment.SafeToTrade);
        row.String(RemoraJson.NameOf(assessment.Recommendation));
        Number(row, assessment.RiskScore);
        Name(row, assessment.RiskClass);
        Number(row, assessment.RiskConfidence);
        Number(row, assessment.PositionScale);
        Name(row, assessment.Regime);
        Number(row, assessment.Volatility);
        var parts = assessment.RiskBreakdown;
        Number(row, parts.Volatility);
        Number(row, parts.Regime);
        Number(row, parts.TrendStrength);
        Number(row, parts.Momentum);
        Number(row, parts.External);
        row.Bool(assessment.Stale);
        row.NullableString(RemoraJson.NameOf(assessment.State));
        Names(row, assessment.BlockedBy);
        WriteFlags(row, assessment.EventFlags);
        ShortSide(row, assessment.At(assessment.AssessedAt, Side.Short));
        row.Bytes(JsonSerializer.SerializeToUtf8Bytes(assessment, AssessmentJson));
        row.UInt64(sequence);
    }

    public static void Request(RowWriter row, RequestRow request, ulong sequence)
    {
        row.Int64(request.At.UnixMilliseconds);
        row.String(request.Route);
        row.String(request.Pair ?? "");
        row.UInt64(request.QueryHash);
        row.UInt64(request.ResultHash);
        row.Bool(request.Unchanged);
        row.UInt16((ushort)Math.Clamp(request.Status, 0, ushort.MaxValue));
        row.UInt32(request.Microseconds);
        row.NullableString(request.Client);
        row.UInt64(sequence);
    }

    /// <summary>Writes the columns of the short side.</summary>
    private static void ShortSide(RowWriter row, Assessment assessment)
    {
        row.IsNull(false);
        row.Bool(assessment.SafeToTrade);
        row.NullableString(RemoraJson.NameOf(assessment.Recommendation));
        Number(row, assessment.RiskScore);
        Name(row, assessment.RiskClass);
        Number(row, assessment.PositionScale);
        Number(row, assessment.RiskBreakdown.Regime);
        Number(row, assessment.RiskBreakdown.TrendStrength);
        Number(row, assessment.RiskBreakdown.Momentum);
        Names(row, assessment.BlockedBy);
    }

    private static void Names(RowWriter row, IReadOnlyList<string> names)
    {
        row.Count(names.Count);
        foreach (var name in names) row.String(name);
    }

    private static void WriteFlags(RowWriter row, EventFlags flags)
    {
        var count = 0;
        foreach (var flag in Flags)
            if (flags[flag] == true) count++;
        row.Count(count);
        foreach (var flag in Flags)
            if (flags[flag] == true) row.String(EventFlags.NameOf(flag));
    }

    private static void Number(RowWriter row, double value) => row.NullableFloat64(double.IsFinite(value) ? value : null);

    private static void Name<T>(RowWriter row, T? value) where T : struct, Enum => row.NullableString(value is { } known ? RemoraJson.NameOf(known) : null);
}
