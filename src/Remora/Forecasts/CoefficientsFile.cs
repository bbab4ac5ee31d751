using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Remora.Markets;

namespace Remora.Forecasts;

/// <summary>
/// Reads and writes the coefficients of forecasts as JSON: the model's name and its fits, one in
/// each line. Equal coefficients give equal bytes.
/// </summary>
public static class CoefficientsFile
{
    internal static readonly string[] InputNames = [.. Enum.GetValues<ForecastInput>().Select(NameOf)];

    private static readonly string[] TableNames = ["falls", "rises", "high_returns", "low_returns"];

    private static readonly string[] ProbabilityNames =
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
        var file = new Field("", root);
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
        WriteFit(bytes, fit);
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

    private static string DayOf(Instant time) => time.ToString()[..10];

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

    private static void WriteNamed(Utf8JsonWriter json, string name, string[] names, ImmutableArray<double> values)
    {
        json.WriteStartObject(name);
        for (var i = 0; i < values.Length; i++)
            json.WriteNumber(names[i], values[i]);
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ImmutableArray<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static ForecastCoefficients ReadFit(Field fit)
    {
        fit.ExpectOnly("valid_from", "trained_on", "tested_range", "horizons");
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
        };
    }

    private static HorizonCoefficients ReadHorizon(Field horizon)
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

    private static ResidualTable ReadTable(Field table, bool mustBePositive)
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

    /// <summary>A value of the file with its path, for messages.</summary>
    private readonly record struct Field(string Path, JsonElement Value)
    {
        public Field this[string name] =>
            Value.TryGetProperty(name, out var value)
                ? new(Path.Length == 0 ? name : $"{Path}.{name}", value)
                : throw new CoefficientsException(
                    $"{(Path.Length == 0 ? "" : Path + ".")}{name}: the field is missing"
                );

        public void ExpectOnly(params string[] names)
        {
            if (Value.ValueKind != JsonValueKind.Object)
                throw Error("must be an object");
            foreach (var property in Value.EnumerateObject())
                if (!names.Contains(property.Name, StringComparer.Ordinal))
                    throw this[property.Name].Error($"unknown field, expected one of {string.Join(", ", names)}");
        }

        public IEnumerable<Field> Items()
        {
            if (Value.ValueKind != JsonValueKind.Array)
                throw Error("must be a list");
            var path = Path;
            return Value.EnumerateArray().Select((item, i) => new Field($"{path}[{i}]", item));
        }

        public string Text() =>
            Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Error("must be text");

        public Instant Day() =>
            Text() is { Length: 10 } text && Instant.TryParse(text, out var day) && DayOf(day) == text
                ? day
                : throw Error("must be a day such as 2025-07-01");

        public double Number(double least, double most) =>
            Value.ValueKind == JsonValueKind.Number
            && Value.TryGetDouble(out var number)
            && number >= least
            && number <= most
                ? number
                : throw Error(FormattableString.Invariant($"must be a number from {least} to {most}"));

        public ImmutableArray<double> Numbers(string[] names, double least, double most)
        {
            ExpectOnly(names);
            var values = new double[names.Length];
            for (var i = 0; i < values.Length; i++)
                values[i] = this[names[i]].Number(least, most);
            return [.. values];
        }

        public ImmutableArray<double> Numbers(int count, double least, double most)
        {
            ImmutableArray<double> numbers = [.. Items().Select(item => item.Number(least, most))];
            return numbers.Length == count ? numbers : throw Error($"must have {count} numbers, not {numbers.Length}");
        }

        public ClipBounds Bounds()
        {
            var numbers = Numbers(2, -1e3, 1e3);
            return numbers[0] <= numbers[1] ? new(numbers[0], numbers[1]) : throw Error("the bounds must ascend");
        }

        public CoefficientsException Error(string problem, Exception? inner = null) =>
            new($"{(Path.Length == 0 ? "the file" : Path)}: {problem}", inner);
    }
}

/// <summary>A file of coefficients is invalid; the message names the field and what is
/// allowed.</summary>
public sealed class CoefficientsException(string message, Exception? inner = null) : Exception(message, inner);
