using System.Globalization;
using System.Text;
using System.Text.Json;
using Remora.Server.Answers;
using Remora.Server.Api.Portfolios;
using Remora.Server.Portfolios;

namespace Remora.Server.Tests.Portfolios;

/// <summary>Ten thousand requests that nobody should send.</summary>
public sealed class HostilePortfolioTests
{
    private const int Requests = 10_000;

    private static readonly string[] Pairs =
    [
        "BTC/USDT",
        "ETH/USDT",
        "BTC/USDT:USDT",
        "SOL/USDT",
        "XRP/EUR",
        "BTCUSDT",
        "",
        "/",
        "\u0000/\uD83D",
        new('A', 5000),
    ];

    private static readonly string[] Numbers =
    [
        "1",
        "0",
        "-1",
        "1e-320",
        "1e-15",
        "0.1",
        "3e4",
        "1e15",
        "1e308",
        "-1e308",
        "1e400",
        "null",
        "\"1\"",
        "NaN",
        "true",
        "[]",
        "{}",
        "123456789012345678901234567890",
    ];

    [Fact]
    public void Ten_thousand_hostile_requests_get_figures_or_a_reason()
    {
        var (board, correlations) = SomeBooks.Warm();
        var books = new BookRisk(board, correlations);
        var random = new Random(1);
        var statuses = new Dictionary<int, int>();
        for (var i = 0; i < Requests; i++)
        {
            var body = RequestOf(random);
            var status = 200;
            if (
                !PortfolioReader.TryParse(Encoding.UTF8.GetBytes(body), out var request, out var problem)
                || !books.TryAnswer(request, out var answer, out problem)
            )
            {
                status = problem.Problem.Status;
                Assert.NotEmpty(problem.Problem.Render());
                Assert.NotNull(problem.Problem.Parameter);
            }
            else
            {
                Check(RenderedAnswer.Of(answer), body);
            }
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
        }
        Assert.Equal([200, 400, 404], statuses.Keys.Order());
        Assert.All(statuses.Values, count => Assert.True(count > 100, string.Join(' ', statuses)));
    }

    private static void Check(RenderedAnswer rendered, string body)
    {
        var text = Encoding.UTF8.GetString(rendered.Body);
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", text, StringComparison.Ordinal);
        var answer = JsonElement.Parse(text);
        var volatility = answer.GetProperty("volatility").GetDouble();
        var shares = answer.GetProperty("positions").EnumerateArray().Sum(one => one.GetProperty("share").GetDouble());
        var gross = answer.GetProperty("gross_exposure").GetDouble();
        Assert.True(volatility >= 0 && Math.Abs(volatility - shares) <= 1e-12 * Math.Max(1, gross), body + text);
    }

    private static string RequestOf(Random random)
    {
        var text = new StringBuilder("{");
        Add(text, random, "wallet", chance: 0.98, usual: "1000");
        Add(text, random, "limit", chance: 0.3, usual: "0.04");
        if (random.Next(3) == 0)
            text.Append(
                CultureInfo.InvariantCulture,
                $"\"horizon\":{Pick(random, "\"4h\"", "\"24h\"", "\"1h\"", "4")},"
            );
        text.Append("\"positions\":[");
        var count = random.Next(50) == 0 ? random.Next(400) : random.Next(6);
        text.AppendJoin(',', Enumerable.Range(0, count).Select(_ => PositionOf(random)));
        text.Append(']');
        if (random.Next(4) == 0)
            text.Append(",\"candidate\":").Append(PositionOf(random));
        text.Append('}');
        if (random.Next(30) == 0)
            text.Remove(random.Next(text.Length), 1);
        if (random.Next(30) == 0)
            text.Insert(random.Next(text.Length), (char)random.Next(1, 200));
        return text.ToString();
    }

    private static string PositionOf(Random random)
    {
        if (random.Next(200) == 0)
            return Numbers[random.Next(Numbers.Length)];
        var pair = Pairs[random.Next(random.Next(3) == 0 ? Pairs.Length : 5)];
        var text = new StringBuilder("{\"pair\":").Append(JsonSerializer.Serialize(pair)).Append(',');
        if (random.Next(3) == 0)
            text.Append(
                CultureInfo.InvariantCulture,
                $"\"side\":{Pick(random, "\"short\"", "\"long\"", "\"short\"", "1")},"
            );
        if (random.Next(4) == 0)
        {
            Add(text, random, "amount", chance: 1, usual: "2");
            Add(text, random, "price", chance: 0.5, usual: "100");
            Add(text, random, "leverage", chance: 0.5, usual: "3");
        }
        else
        {
            Add(text, random, "notional", chance: 0.99, usual: "500");
        }
        Add(text, random, "stop_price", chance: 0.3, usual: "95");
        Add(text, random, "liquidation_price", chance: 0.2, usual: "50");
        text.Length--;
        return text.Append('}').ToString();
    }

    private static void Add(StringBuilder text, Random random, string name, double chance, string usual)
    {
        if (random.NextDouble() >= chance)
            return;
        var value =
            random.Next(20) == 0 ? Numbers[random.Next(Numbers.Length)]
            : random.Next(10) == 0
                ? Math.Exp(40 * (random.NextDouble() - 0.5)).ToString("R", CultureInfo.InvariantCulture)
            : usual;
        text.Append(CultureInfo.InvariantCulture, $"\"{name}\":{value},");
    }

    private static string Pick(Random random, params string[] values) => values[random.Next(values.Length)];
}
