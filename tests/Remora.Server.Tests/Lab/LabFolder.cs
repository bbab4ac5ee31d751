using System.IO.Compression;
using Remora.Csv;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests.Lab;

/// <summary>
/// A folder of candles as <c>remora history fetch</c> writes it, and a data folder.
/// </summary>
internal sealed class LabFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("remora-lab").FullName;

    /// <param name="days">The number of days of candles of BTC/USDT.</param>
    /// <param name="timeframe">Their timeframe; null for 5m.</param>
    public LabFolder(int days, Timeframe? timeframe = null)
    {
        timeframe ??= Timeframe.FiveMinutes;
        var path = Path.Combine(Candles, HistoryLayout.Candles(Some.Btc.Pair, timeframe));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var csv = new StreamWriter(new GZipStream(File.Create(path), CompressionLevel.Fastest));
        csv.WriteLine("timestamp,open,high,low,close,volume");
        foreach (var c in Some.Candles(3, timeframe.CountIn(TimeSpan.FromDays(days)), timeframe))
            csv.WriteLine(
                FormattableString.Invariant(
                    $"{c.OpenTime.UnixMilliseconds},{c.Open},{c.High},{c.Low},{c.Close},{c.Volume}"
                )
            );
        Settings = LiveServer.Settings with
        {
            Policy = ForecastCoefficients.Model,
            Timeframe = timeframe,
            Data = Path.Combine(_root, "data"),
            LabCandles = Candles,
        };
    }

    public ServiceSettings Settings { get; }

    private string Candles => Path.Combine(_root, "history");

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
