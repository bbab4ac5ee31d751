using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Remora.Markets;
using Remora.Portfolios;

namespace Remora.Forecasts;

/// <summary>
/// Reads and writes the coefficients of forecasts as JSON: the model's name and its fits, one in
/// each line. Equal coefficients give equal bytes.
/// </summary>
public static class CoefficientsFile
{
    internal static readonly string[] InputNames = [.. Enum.GetValues<ForecastInput>().Select(NameOf)];

    private static readonly string[] TableNames = ["falls", "rises", "high_returns", "low_returns"];

    internal static readonly string[] ProbabilityNames =
    [
        .. ResidualTable.Probabilities.Select(p => p.ToString(CultureInfo.InvariantCulture)),
    ];

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a file.</summary>
    /// <exception cref="CoefficientsException">The text is no such file; the message names the
    /// field, what is wrong and what is allowed.</exception>
    public static CoefficientVintages Parse(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith(ByteOrderMark))
            json = json[ByteOrderMark.Length..];
        JsonElement root;
        try
        {
            root = JsonElement.Parse(json, new() { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new CoefficientsException(
                $"not valid JSON (line {e.LineNumber + 1}, column {e.BytePositionInLine + 1})",
                e
            );
        }
        var file = new CoefficientsField("", root);
        file.ExpectOnly("model", "fits");
        if (file["model"].Text() != ForecastCoefficients.Model)
            throw file["model"].Error($"must be '{ForecastCoefficients.Model}'");
        var fits = file["fits"].Items().Select(ReadFit).ToList();
        if (fits.Count == 0)
            throw file["fits"].Error("must have at least one fit");
        for (var i = 1; i < fits.Count; i++)
            if (fits[i].ValidFrom <= fits[i - 1].ValidFrom)
                throw new CoefficientsException($"fits[{i}].valid_from: must be later than that of the fit before it");
        return new(fits);
    }

    /// <summary>Writes a file.</summary>
    public static byte[] Write(CoefficientVintages vintages)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(Encoding.UTF8.GetBytes($$"""{"model":"{{ForecastCoefficients.Model}}","fits":[""" + "\n"));
        for (var i = 0; i < vintages.All.Count; i++)
        {
            if (i > 0)
                bytes.Write(",\n"u8);
            WriteFit(bytes, vintages.All[i]);
        }
        bytes.Write("\n]}\n"u8);
        return bytes.WrittenSpan.ToArray();
    }

    internal static string IdOf(ForecastCoefficients fit)
    {
        var bytes = new ArrayBufferWriter<byte>();
        WriteFit(bytes, fit with { Portfolio = null });
        return $"{DayOf(fit.ValidFrom)}-{Convert.ToHexStringLower(Sha256.Hash(bytes.WrittenSpan))[..12]}";
    }

    private static string NameOf(ForecastInput input)
    {
        // pk_20m, not the pk20m of the naming policy.
        var name = input.ToString();
        var digit = name.AsSpan().IndexOfAnyInRange('0', '9');
        return input == ForecastInput.SeasonPk ? "season_pk"
            : digit < 0 ? name.ToLowerInvariant()
            : $"{name[..digit].ToLowerInvariant()}_{name[digit..]}";
    }

    internal static string DayOf(Instant time) => time.ToString()[..10];

    private static void WriteFit(IBufferWriter<byte> bytes, ForecastCoefficients fit)
    {
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteString("valid_from", DayOf(fit.ValidFrom));
        json.WriteString("trained_on", fit.TrainedOn);
        json.WriteStartObject("tested_range");
        json.WriteNumber("maximum_empty_share", fit.Range.MaximumEmptyShare);
        json.WriteNumber("maximum_tick_over_sigma", fit.Range.MaximumTickOverSigma);
        json.WriteNumber("minimum_history_days", fit.Range.MinimumHistoryDays);
        json.WriteNumber("minimum_turnover", fit.Range.MinimumTurnover);
        json.WriteEndObject();
        json.WriteStartObject("horizons");
        foreach (var horizon in Horizon.All)
        {
            json.WritePropertyName(horizon.Name);
            WriteHorizon(json, fit[horizon]);
        }
        json.WriteEndObject();
        if (fit.Portfolio is { } portfolio)
            PortfolioTablesJson.Write(json, portfolio);
        json.WriteEndObject();
    }

    private static void WriteHorizon(Utf8JsonWriter json, HorizonCoefficients horizon)
    {
        json.WriteStartObject();
        json.WriteNumber("intercept", horizon.Intercept);
        WriteNamed(json, "beta", InputNames, horizon.Betas);
        json.WriteStartObject("clip");
        for (var i = 0; i < horizon.Clips.Length; i++)
            WriteNumbers(json, InputNames[i], [horizon.Clips[i].Low, horizon.Clips[i].High]);
        json.WriteEndObject();
        WriteNamed(json, "scale", InputNames, horizon.Scales);
        WriteNumbers(json, "hour_of_week", horizon.HourOfWeek);
        json.WriteNumber("smear", horizon.Smear);
        json.WriteNumber("residual_deviation", horizon.ResidualDeviation);
        json.WriteStartObject("residual_quantiles");
        ResidualTable[] tables = [horizon.Falls, horizon.Rises, horizon.HighReturns, horizon.LowReturns];
        for (var i = 0; i < tables.Length; i++)
            WriteNamed(json, TableNames[i], ProbabilityNames, tables[i].Sizes);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    internal static void WriteNamed(Utf8JsonWriter json, string name, string[] names, ImmutableArray<double> values)
    {
        json.WriteStartObject(name);
        for (var i = 0; i < values.Length; i++)
            json.WriteNumber(names[i], values[i]);
        json.WriteEndObject();
    }

    internal static void WriteNumbers(Utf8JsonWriter json, string name, ImmutableArray<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static ForecastCoefficients ReadFit(CoefficientsField fit)
    {
        fit.ExpectOnly("valid_from", "trained_on", "tested_range", "horizons", PortfolioTablesJson.Name);
        var range = fit["tested_range"];
        range.ExpectOnly("maximum_empty_share", "maximum_tick_over_sigma", "minimum_history_days", "minimum_turnover");
        var horizons = fit["horizons"];
        horizons.ExpectOnly([.. Horizon.All.Select(h => h.Name)]);
        return new()
        {
            ValidFrom = fit["valid_from"].Day(),
            TrainedOn = fit["trained_on"].Text(),
            Range = new(
                range["maximum_empty_share"].Number(0, 1),
                range["maximum_tick_over_sigma"].Number(0, 1e6),
                range["minimum_history_days"].Number(0, 1e4),
                range["minimum_turnover"].Number(0, 1e15)
            ),
            Horizons = [.. Horizon.All.Select(h => ReadHorizon(horizons[h.Name]))],
            Portfolio = fit.Find(PortfolioTablesJson.Name) is { } tables ? PortfolioTablesJson.Read(tables) : null,
        };
    }

    private static HorizonCoefficients ReadHorizon(CoefficientsField horizon)
    {
        horizon.ExpectOnly(
            "intercept",
            "beta",
            "clip",
            "scale",
            "hour_of_week",
            "smear",
            "residual_deviation",
            "residual_quantiles"
        );
        var clips = horizon["clip"];
        clips.ExpectOnly(InputNames[..HorizonCoefficients.BoundedInputs]);
        var tables = horizon["residual_quantiles"];
        tables.ExpectOnly(TableNames);
        return new()
        {
            Intercept = horizon["intercept"].Number(-1e3, 1e3),
            Betas = horizon["beta"].Numbers(InputNames, -1e3, 1e3),
            Clips = [.. InputNames.Take(HorizonCoefficients.BoundedInputs).Select(name => clips[name].Bounds())],
            Scales = horizon["scale"].Numbers(InputNames[..(HorizonCoefficients.BoundedInputs + 1)], 1e-9, 1e3),
            HourOfWeek = horizon["hour_of_week"].Numbers(HorizonCoefficients.WeekHours, -1e2, 1e2),
            Smear = horizon["smear"].Number(-10, 10),
            ResidualDeviation = horizon["residual_deviation"].Number(0, 1e2),
            Falls = ReadTable(tables[TableNames[0]], mustBePositive: true),
            Rises = ReadTable(tables[TableNames[1]], mustBePositive: true),
            HighReturns = ReadTable(tables[TableNames[2]], mustBePositive: false),
            LowReturns = ReadTable(tables[TableNames[3]], mustBePositive: false),
        };
    }

    internal static ResidualTable ReadTable(CoefficientsField table, bool mustBePositive)
    {
        var sizes = table.Numbers(ProbabilityNames, mustBePositive ? 1e-9 : -1e3, 1e3);
        try
        {
            return new(sizes);
        }
        catch (ArgumentException e)
        {
            throw table.Error(e.Message, e);
        }
    }
}

/// <summary>A file of coefficients is invalid; the message names the field and what is
/// allowed.</summary>
public sealed class CoefficientsException(string message, Exception? inner = null) : Exception(message, inner);
