using System.Text.Json;

namespace Remora.Client;

/// <summary>
/// Parses answers. Anything that is not a valid assessment is an error, never 'safe'.
/// </summary>
internal static class RiskJson
{
    public static Risk Read(ReadOnlySpan<byte> json, string? pair) =>
        Check(Attempt(json, static text => JsonSerializer.Deserialize(text, ClientJson.Default.Risk)), pair);

    public static Risk Read(JsonElement json, string? pair) =>
        Read(System.Text.Encoding.UTF8.GetBytes(json.GetRawText()), pair);

    /// <summary>
    /// Returns the answers of a batch by pair in upper case. Pairs that are not tracked are
    /// missing.
    /// </summary>
    public static Dictionary<string, Risk> ReadBatch(ReadOnlySpan<byte> json)
    {
        var root = Attempt(json, static text => JsonElement.Parse(text));
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("assessments", out var items)
            || items.ValueKind != JsonValueKind.Array
        )
            throw Unexpected("it has no list of assessments");
        var found = new Dictionary<string, Risk>();
        foreach (var item in items.EnumerateArray())
        {
            var risk = Read(item, pair: null);
            found[risk.Pair?.ToUpperInvariant() ?? throw Unexpected("an assessment of the list has no pair")] = risk;
        }
        return found;
    }

    /// <summary>Returns the distinct pairs in the list of tracked markets.</summary>
    public static IReadOnlyList<string> ReadPairs(ReadOnlySpan<byte> json)
    {
        try
        {
            return
            [
                .. Attempt(json, static text => JsonElement.Parse(text))
                    .GetProperty("pairs")
                    .EnumerateArray()
                    .Select(item => item.GetProperty("pair").GetString()!)
                    .Distinct(),
            ];
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            throw Unexpected("it is not a list of tracked pairs", e);
        }
    }

    public static RiskPage ReadHistory(ReadOnlySpan<byte> json) =>
        Attempt(json, static text => JsonSerializer.Deserialize(text, ClientJson.Default.RiskPage))
            is { Rows: not null } page
            ? page
            : throw Unexpected("it is not a history");

    public static ForecastAnswer ReadForecast(ReadOnlySpan<byte> json, string pair)
    {
        var answer =
            Attempt(json, static text => JsonSerializer.Deserialize(text, ClientJson.Default.ForecastAnswer))
            ?? throw Unexpected("it is null");
        return pair.Equals(answer.Pair, StringComparison.OrdinalIgnoreCase)
            ? answer
            : throw Unexpected($"it is for {answer.Pair}, not {pair}");
    }

    public static PortfolioRisk ReadPortfolio(ReadOnlySpan<byte> json) =>
        Attempt(json, static text => JsonSerializer.Deserialize(text, ClientJson.Default.PortfolioRisk))
        ?? throw Unexpected("it is null");

    public static CorrelationMatrix ReadCorrelations(ReadOnlySpan<byte> json) =>
        Attempt(json, static text => JsonSerializer.Deserialize(text, ClientJson.Default.CorrelationMatrix))
        ?? throw Unexpected("it is null");

    public static DecisionReceipt ReadReceipt(ReadOnlySpan<byte> json) =>
        Attempt(json, static text => JsonSerializer.Deserialize(text, ClientJson.Default.DecisionReceipt))
        ?? throw Unexpected("it is null");

    public static DecisionLedger ReadDecisions(ReadOnlySpan<byte> json) =>
        Attempt(json, static text => JsonSerializer.Deserialize(text, ClientJson.Default.DecisionLedger))
        ?? throw Unexpected("it is null");

    public static Scorecard ReadScorecard(ReadOnlySpan<byte> json, string pair)
    {
        var answer =
            Attempt(json, static text => JsonSerializer.Deserialize(text, ClientJson.Default.Scorecard))
            ?? throw Unexpected("it is null");
        return pair.Equals(answer.Pair, StringComparison.OrdinalIgnoreCase)
            ? answer
            : throw Unexpected($"it is for {answer.Pair}, not {pair}");
    }

    public static BookScorecards ReadBookScorecards(ReadOnlySpan<byte> json) =>
        Attempt(json, static text => JsonSerializer.Deserialize(text, ClientJson.Default.BookScorecards))
        ?? throw Unexpected("it is null");

    private static Risk Check(Risk? risk, string? pair)
    {
        if (risk is null)
            throw Unexpected("it is null");
        if (pair is not null && !pair.Equals(risk.Pair, StringComparison.OrdinalIgnoreCase))
            throw Unexpected($"it is for {risk.Pair ?? "the whole market"}, not {pair}");
        if (risk.PositionScale is < 0 or > 1)
            throw Unexpected($"position_scale is {risk.PositionScale}, expected 0 to 1");
        // A missing list is returned as empty, so that bots need no null check.
        return risk with { BlockedBy = risk.BlockedBy ?? [], Reasoning = risk.Reasoning ?? [] };
    }

    private delegate T Reader<out T>(ReadOnlySpan<byte> json);

    private static T Attempt<T>(ReadOnlySpan<byte> json, Reader<T> read)
    {
        try
        {
            return read(json);
        }
        catch (JsonException e)
        {
            throw Unexpected(e.Message, e);
        }
    }

    private static RemoraException Unexpected(string what, Exception? inner = null) =>
        new(RemoraFault.NotAnAssessment, $"the answer is not an assessment: {what}", inner: inner);
}
