using Remora.ClickHouse;
using Remora.Server.Storage;
using Remora.Store;
using Remora.Testing;

namespace Remora.Server.Tests.Storage;

/// <summary>
/// Tests that a start with a new data folder does not wait for the engine. The clock stands still,
/// so a wait with a limit never ends.
/// </summary>
public sealed class NewStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("remora-test-");
    private readonly ManualClock _clock = new(DateTimeOffset.UtcNow);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_new_folder_has_nothing_to_wait_for(bool hasEmptyFolders)
    {
        if (hasEmptyFolders)
            _folder.CreateSubdirectory("journal");
        using var record = NewRecord();
        Assert.Empty(await record.RecallOutsideAsync([Some.Btc], "remora-2", CancellationToken.None));
        await record.RecallAssessmentsAsync([Some.Btc], "remora-2", CancellationToken.None);
        var recalled = await record.RecallAsync(Some.Btc, CancellationToken.None);
        Assert.Equal((0, 0, 0), (recalled!.Daily.Count, recalled.Hourly.Count, recalled.Base.Count));
        Assert.Equal(Some.Btc, recalled.Source);
    }

    [Theory]
    [InlineData("clickhouse/store")]
    [InlineData("journal/1.batch")]
    public async Task A_folder_with_rows_is_waited_for(string file)
    {
        var path = Path.Combine(_folder.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, "");
        using var record = NewRecord();
        var recall = record.RecallAsync(Some.Btc, CancellationToken.None);
        Assert.False(recall.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await recall.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private MarketRecord NewRecord() =>
        new(
            new(
                new()
                {
                    Location = StoreLocation.InFolder(_folder.FullName),
                    Recorder = new() { JournalFolder = Path.Combine(_folder.FullName, "journal") },
                },
                _clock
            ),
            _clock
        );
}
