using System.CommandLine;
using Remora.Markets;

namespace Remora.Cli.Commands;

/// <summary><c>--candles PAIR=FILE</c>, repeatable: candle files of several pairs.</summary>
internal sealed class MarketFilesOption : Option<string[]>
{
    public MarketFilesOption(bool isRequired = true)
        : base("--candles")
    {
        Description =
            $"Candle file of a pair, for example BTC/USDT=candles.csv.gz ({FileEngine.CandleFormats}); repeatable";
        Required = isRequired;
        Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!TryRead(token.Value, out _, out _))
                    result.AddError($"--candles '{token.Value}': expected PAIR=FILE such as BTC/USDT=candles.csv.gz");
        });
    }

    /// <summary>Reads the pairs and their files.</summary>
    public IReadOnlyList<(Pair Pair, string File)> Read(ParseResult parsed) =>
        [
            .. (parsed.GetValue(this) ?? []).Select(text =>
                TryRead(text, out var pair, out var file) ? (pair, file) : throw new InvalidOperationException(text)
            ),
        ];

    private static bool TryRead(string text, out Pair pair, out string file)
    {
        var at = text.IndexOf('=');
        file = at < 0 ? "" : text[(at + 1)..];
        pair = null!;
        return file.Length > 0 && Pair.TryParse(text[..at], out pair!);
    }
}
