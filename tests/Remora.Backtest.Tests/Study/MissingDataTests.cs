using System.Text;
using Remora.Backtest.Study;

namespace Remora.Backtest.Tests.Study;

/// <summary>A study names the files that it lacks, and the command that fetches them.</summary>
public sealed class MissingDataTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-missing-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_file_of_a_study_is_named_with_one_command_per_exchange()
    {
        var study = Parse(
            """
            {
              "markets": [
                { "pair": "BTC/USDT", "candles": "candles/BTCUSDT-5m.csv.gz" },
                { "pair": "BTC/USDT", "candles": "candles/BTCUSDT-1h.csv.gz" },
                { "pair": "ETH/USDT", "candles": "candles/ETHUSDT-5m.csv.gz", "timeframe": "5m" },
                { "pair": "BTC/USD", "exchange": "kraken", "candles": "candles/BTCUSD-1d.csv.gz" },
                { "pair": "SOL/USDT", "candles": "my-own.csv" }
              ],
              "thin_markets": [
                { "name": "thin", "pair": "XRP/USDT", "exchange": "okx", "candles": "candles/XRPUSDT-1m.csv.gz",
                  "from": "2023-01-01", "to": "2023-03-01" }
              ],
              "outside": [
                { "file": "outside/fear-greed-daily.csv.gz", "kind": "fear_greed_daily" },
                { "file": "outside/btc-dominance-daily.csv.gz", "kind": "btc_dominance_daily" },
                { "file": "outside/ETHUSDT-funding-8h.csv.gz", "kind": "funding8h", "base": "ETH" },
                { "file": "outside/btc-open-interest-daily.csv.gz", "kind": "open_interest_daily", "base": "BTC" }
              ],
              "periods": [
                { "name": "b", "from": "2023-01-01", "to": "2024-12-31" },
                { "name": "a", "from": "2022-06-13", "to": "2023-12-31" }
              ]
            }
            """
        );
        var missing = MissingData.Of(study, _folder);
        Assert.Equal(
            [
                .. study.Markets.Select(market => market.Candles),
                .. study.ThinMarkets.Select(market => market.Candles),
                .. study.Outside.Select(outside => outside.File),
            ],
            missing.Files.Select(file => file.Name)
        );
        Assert.Equal(
            ["my-own.csv", "outside/btc-dominance-daily.csv.gz"],
            missing.Files.Where(file => !file.CanBeFetched).Select(file => file.Name)
        );
        // 220 days before the first period, for the daily averages.
        Assert.Equal(
            [
                $"history fetch --exchange binance --pairs BTC/USDT,ETH/USDT,SOL/USDT --timeframe 5m,1h "
                    + $"--from 2021-11-05 --until 2025-01-01 --to {_folder}",
                $"history fetch --exchange kraken --pairs BTC/USD --timeframe 1d "
                    + $"--from 2021-11-05 --until 2025-01-01 --to {_folder}",
                $"history fetch --exchange okx --pairs XRP/USDT --timeframe 1m "
                    + $"--from 2021-11-05 --until 2025-01-01 --to {_folder}",
            ],
            missing.Commands
        );

        foreach (var file in missing.Files.Where(file => file.Name != "candles/BTCUSD-1d.csv.gz"))
            Write(file.Name, "");
        missing = MissingData.Of(study, _folder);
        Assert.Equal(["candles/BTCUSD-1d.csv.gz"], missing.Files.Select(file => file.Name));
        Assert.StartsWith("history fetch --exchange kraken", Assert.Single(missing.Commands), StringComparison.Ordinal);
        Write("candles/BTCUSD-1d.csv.gz", "");
        Assert.Empty(MissingData.Of(study, _folder).Commands);
    }

    [Fact]
    public void A_name_of_its_own_is_not_offered_and_a_folder_is_quoted()
    {
        var study = Parse(
            """
            {
              "markets": [ { "pair": "BTC/USDT", "candles": "mine.csv" } ],
              "outside": [ { "file": "outside/vix-daily.csv.gz", "kind": "vix_daily" } ],
              "periods": [ { "name": "a", "from": "2023-01-01", "to": "2023-12-31" } ]
            }
            """
        );
        Assert.Equal(
            [
                "history fetch --exchange binance --pairs BTC/USDT --what outside --from 2022-05-26 --until 2024-01-01 "
                    + "--to '/no where'",
            ],
            MissingData.Of(study, "/no where").Commands
        );
        Write("outside/vix-daily.csv.gz", "");
        Assert.Empty(MissingData.Of(study, _folder).Commands);
    }

    [Fact]
    public void Every_shipped_study_names_a_command_for_all_its_candles()
    {
        foreach (var file in Directory.GetFiles(Testing.Repository.PathOf("studies"), "*.json"))
        {
            var missing = MissingData.Of(StudyFile.Parse(File.ReadAllBytes(file)), _folder);
            Assert.DoesNotContain(missing.Files, candles => candles is { IsOutside: false, CanBeFetched: false });
            Assert.NotEmpty(missing.Commands);
        }
    }

    [Fact]
    public void A_study_runs_without_outside_files_only_on_request_and_lists_them()
    {
        var study = File.ReadAllText(Path.Combine(StudyTests.Folder, "study.json"))
            .Replace("fear.csv", "outside/fear-greed-daily.csv.gz", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "study.json"), study);
        foreach (var file in (string[])["five.csv", "hour.csv"])
            File.Copy(Path.Combine(StudyTests.Folder, file), Path.Combine(_folder, file));
        var options = new StudyOptions
        {
            Study = Path.Combine(_folder, "study.json"),
            DataFolder = _folder,
            ResultsTo = Path.Combine(_folder, "results.md"),
        };
        var refused = Assert.Throws<MissingDataException>(() => StudyJob.Run(options));
        Assert.Equal("outside/fear-greed-daily.csv.gz", Assert.Single(refused.Missing.Files).Name);

        var figures = StudyJob.Run(options with { WithoutMissing = true });
        Assert.Equal(["outside/fear-greed-daily.csv.gz"], figures.Without);
        Assert.Contains(
            "Without outside/fear-greed-daily.csv.gz, which was missing.",
            File.ReadAllText(options.ResultsTo),
            StringComparison.Ordinal
        );

        File.Delete(Path.Combine(_folder, "five.csv"));
        Assert.Throws<MissingDataException>(() => StudyJob.Run(options with { WithoutMissing = true }));
    }

    private static StudyFile Parse(string text) => StudyFile.Parse(Encoding.UTF8.GetBytes(text));

    private void Write(string file, string text)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
