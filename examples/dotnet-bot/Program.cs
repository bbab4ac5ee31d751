// A bot that trades on paper: it enters when the price is above its average and Remora does not object, and leaves when it is below.
//   dotnet run -- BTC/USDT --rounds 20
//   dotnet run -- BTC/USDT --prices http://127.0.0.1:9000/api.binance.com --seconds 0.5     on a sandbox of 'remora sandbox'
// Where Remora is, REMORA_URL says. Nothing here is advice; the rule is as simple as a rule can be.
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
    if (round > 0) await Task.Delay(pause);
    try
    {
        var closes = await ClosesAsync(http, pair);
        var (price, average) = (closes[^1], closes.Average());
        if (account.IsIn && price < average) Say(account.Leave(price));
        else if (!account.IsIn && price >= average) await ConsiderAsync(price);
        else Say($"{(account.IsIn ? "stays in" : "stays out")} at {price:0.##}");
    }
    catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException)
    {
        Say($"no prices: {e.Message}"); // nothing to decide on; open positions stay as they are
    }
}
Say($"ends with {account.Worth:0.00} after {account.Trades} trades");

async Task ConsiderAsync(double price)
{
    var risk = await remora.RiskAsync(pair);
    var note = risk.Answered ? "" : $" (no answer: {risk.Why})";
    if (risk.SafeToTrade) Say(account.Enter(price, risk.PositionScale ?? 1) + note);
    else Say($"wait, {risk.Why}{note}");
}

static async Task<double[]> ClosesAsync(HttpClient http, string pair)
{
    var body = await http.GetStringAsync($"api/v3/klines?symbol={pair.Replace("/", "")}&interval=5m&limit=30");
    return [.. JsonElement.Parse(body).EnumerateArray().Select(candle => double.Parse(candle[4].GetString()!, CultureInfo.InvariantCulture))];
}

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : otherwise;

void Say(string what) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{pair}: {what}"));
