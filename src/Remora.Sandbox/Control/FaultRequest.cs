using System.Text.Json;
using Remora.Sandbox.Faults;

namespace Remora.Sandbox.Control;

/// <summary>Parses the body of <c>POST /sandbox/faults</c>.</summary>
internal static class FaultRequest
{
    public const string Random = "random";

    private static readonly string[] Fields =
    [
        "kind",
        "exchange",
        "path",
        "share",
        "duration_seconds",
        "retry_after_seconds",
        "clock_error_seconds",
        "price_factor",
    ];

    private static readonly string[] StormFields = ["kind", "seed", "mean_quiet_seconds", "mean_fault_seconds"];

    public static IEnumerable<string> Kinds => [.. FaultKinds.Names, Random];

    /// <summary>Parses a request and applies it.</summary>
    /// <exception cref="FaultRequestException">A field is missing, unknown or out of
    /// range.</exception>
    public static void Apply(JsonElement order, FaultBoard board)
    {
        if (order.ValueKind != JsonValueKind.Object)
            throw new FaultRequestException("body", "the body is not an object", ["""{"kind":"http_429"}"""]);
        var kind = Text(order, "kind", Kinds) ?? throw new FaultRequestException("kind", "'kind' is missing", Kinds);
        var isFault = FaultKinds.TryParse(kind, out var parsed);
        var known = isFault ? Fields : StormFields;
        foreach (var field in order.EnumerateObject())
            if (!known.Contains(field.Name))
                throw new FaultRequestException(field.Name, $"unknown field '{field.Name}' for '{kind}'", known);

        if (!isFault)
        {
            board.Begin(
                new((long)Number(order, "seed", 1, -9e15, 9e15))
                {
                    MeanQuiet = TimeSpan.FromSeconds(Number(order, "mean_quiet_seconds", 15, 0.1, 86_400)),
                    MeanFault = TimeSpan.FromSeconds(Number(order, "mean_fault_seconds", 6, 0.1, 86_400)),
                }
            );
            return;
        }
        board.Add(
            new(parsed)
            {
                Exchange = Text(order, "exchange", Fault.Exchanges),
                Path = Text(order, "path", null),
                Share = Number(order, "share", 1, 0.000001, 1),
                Duration = IsGiven(order, "duration_seconds")
                    ? TimeSpan.FromSeconds(Number(order, "duration_seconds", 0, 0.001, 31_536_000))
                    : null,
                RetryAfter = TimeSpan.FromSeconds(Number(order, "retry_after_seconds", 5, 0, 86_400)),
                ClockError = TimeSpan.FromSeconds(Number(order, "clock_error_seconds", 600, 1, 31_536_000)),
                PriceFactor = Number(order, "price_factor", 1000, 1e-9, 1e9),
            }
        );
    }

    private static bool IsGiven(JsonElement order, string name) =>
        order.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static string? Text(JsonElement order, string name, IEnumerable<string>? allowed)
    {
        if (!IsGiven(order, name))
            return null;
        var value = order.GetProperty(name);
        if (value.ValueKind != JsonValueKind.String)
            throw new FaultRequestException(name, $"'{name}' is not a string", allowed ?? ["a string"]);
        var text = value.GetString()!;
        if (allowed is not null && !allowed.Contains(text))
            throw new FaultRequestException(name, $"'{name}' is '{text}'", allowed);
        return text;
    }

    private static double Number(JsonElement order, string name, double fallback, double least, double most)
    {
        if (!IsGiven(order, name))
            return fallback;
        var value = order.GetProperty(name);
        if (
            value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out var number)
            && number >= least
            && number <= most
        )
            return number;
        throw new FaultRequestException(
            name,
            $"'{name}' is {value.GetRawText()}",
            [$"a number from {least} to {most}"]
        );
    }
}

/// <summary>Thrown for an invalid request.</summary>
internal sealed class FaultRequestException(string name, string detail, IEnumerable<string> allowed)
    : Exception($"{detail}: expected {string.Join(", ", allowed)}")
{
    public string Field => name;

    public IEnumerable<string> Allowed => allowed;
}
