// A paper-trading bot: enters while the price is above its mean and entries are safe, exits below
// it.
//   dotnet run -- BTC/USDT --rounds 20
//   dotnet run -- BTC/USDT --prices http://127.0.0.1:9000/api.binance.com --seconds 0.5
// The second line is for 'remora sandbox'. REMORA_URL is the address of Remora. The rule is only an
// example, not advice.
using System.Globalization;
using System.Text.Json;
using PaperBot;
using Remora.Client;

var pair = args.FirstOrDefault(argument => argument.Contains('/') && !argument.Contains(':')) ?? "BTC/USDT";
var prices = new Uri(Option("--prices", "https://api.binance.com").TrimEnd('/') + "/");
var rounds = int.Parse(Option("--rounds", "20"), CultureInfo.InvariantCulture);
var pause = TimeSpan.FromSeconds(double.Parse(Option("--seconds", "60"), CultureInfo.InvariantCulture));

using var http = new HttpClient { BaseAddress = prices, Timeout = TimeSpan.FromSeconds(10) };
using var remora = new RemoraClient(new() { OnError = OnError.Allow, CacheFor = pause / 2 });
var account = new PaperAccount(1000);

for (var round = 0; round < rounds; round++)
{
    if (round > 0)
        await Task.Delay(pause);
    try
    {
        var closes = await ClosesAsync(http, pair);
        var (price, average) = (closes[^1], closes.Average());
        if (account.IsIn && price < average)
            Print(account.Leave(price));
        else if (!account.IsIn && price >= average)
            await ConsiderAsync(price);
        else
            Print($"{(account.IsIn ? "holds" : "stays out")} at {price:0.##}");
    }
    catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException)
    {
        Print($"no prices: {e.Message}"); // without prices, positions do not change
    }
}
Print($"ends with {account.Worth:0.00} after {account.Trades} trades");

async Task ConsiderAsync(double price)
{
    var risk = await remora.RiskAsync(pair);
    var note = risk.Answered ? "" : $" (no answer: {risk.Why})";
    if (risk.SafeToTrade)
        Print(account.Enter(price, risk.PositionScale ?? 1) + note);
    else
        Print($"wait, {risk.Why}{note}");
}

static async Task<double[]> ClosesAsync(HttpClient http, string pair)
{
    var body = await http.GetStringAsync($"api/v3/klines?symbol={pair.Replace("/", "")}&interval=5m&limit=30");
    return
    [
        .. JsonElement
            .Parse(body)
            .EnumerateArray()
            .Select(candle => double.Parse(candle[4].GetString()!, CultureInfo.InvariantCulture)),
    ];
}

string Option(string name, string otherwise) =>
    Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : otherwise;

void Print(string what) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{pair}: {what}"));
