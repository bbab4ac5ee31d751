using Remora.Csv;
using Remora.Feeds.History;
using Remora.Markets;
using Remora.Sandbox.Faults;
using Remora.Testing;

namespace Remora.Feeds.Tests.History;

/// <summary>A fetch changes only files that it wrote.</summary>
public sealed class HistoryFolderTests(HistoryRig rig) : IClassFixture<HistoryRig>
{
    private static readonly Instant Until = Some.At("2025-03-02");

    [Fact]
    public async Task A_file_of_someone_else_stays_as_it_is()
    {
        using var data = new DataFolder();
        Directory.CreateDirectory(data.Sub("candles"));
        await File.WriteAllTextAsync(data.Sub(HistoryRig.Btc), "mine", TestContext.Current.CancellationToken);
        var outcome = await rig.OneAsync(HistoryRig.Candles(data.Path, Until));
        Assert.Equal(HistoryState.Kept, outcome.State);
        Assert.Equal(
            "mine",
            await File.ReadAllTextAsync(data.Sub(HistoryRig.Btc), TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task A_changed_file_another_exchange_and_another_request_are_refused()
    {
        using var data = new DataFolder();
        var options = HistoryRig.Candles(data.Path, Until);
        await rig.FetchAsync(options);
        var bytes = HistoryRig.BytesOf(data.Path);
        var other = await rig.OneAsync(options with { Exchange = "bybit" });
        Assert.Equal((HistoryState.Failed, "other_source"), (other.State, other.Error));
        Assert.Contains("binance", other.Problem, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(data.Sub(HistoryRig.Btc), bytes[..^5], TestContext.Current.CancellationToken);
        var changed = await rig.OneAsync(options with { Until = Some.At("2025-03-03") });
        Assert.Equal((HistoryState.Failed, "changed"), (changed.State, changed.Error));
        Assert.Equal(bytes[..^5], HistoryRig.BytesOf(data.Path));

        Directory.CreateDirectory(data.Sub("new/candles"));
        const string Part =
            "# candles BTC/USDT 5m, bybit, from 2025-03-01T00:00:00Z\n"
            + "timestamp,open,high,low,close,volume\n1740787200000,1,1,1,1,1\n";
        await File.WriteAllTextAsync(
            data.Sub($"new/{HistoryRig.Btc}.part"),
            Part,
            TestContext.Current.CancellationToken
        );
        var unfinished = await rig.OneAsync(options with { Folder = data.Sub("new") });
        Assert.Contains("bybit", unfinished.Problem, StringComparison.Ordinal);
        Assert.Equal(
            Part,
            await File.ReadAllTextAsync(data.Sub($"new/{HistoryRig.Btc}.part"), TestContext.Current.CancellationToken)
        );
    }

    /// <summary>
    /// A fetch that fails at once, or is killed before the first row, does not bind the next one.
    /// </summary>
    [Fact]
    public async Task An_unfinished_file_without_rows_is_forgotten()
    {
        using var data = new DataFolder();
        var options = HistoryRig.Candles(data.Path, Until);
        rig.Sandbox.Faults.Add(new(FaultKind.Http5xx));
        try
        {
            Assert.Equal(HistoryState.Failed, (await rig.OneAsync(options)).State);
        }
        finally
        {
            rig.Sandbox.Faults.Clear();
        }
        Assert.Empty(HistoryRig.Leftovers(data.Path));

        await File.WriteAllTextAsync(
            data.Sub(HistoryRig.Btc + ".part"),
            "# candles BTC/USDT 5m, binance, from 2020-01-01T00:00:00Z\ntimestamp,open,high,low,close,volume\n",
            TestContext.Current.CancellationToken
        );
        var fetched = await rig.OneAsync(options);
        Assert.Equal((HistoryState.Fetched, HistoryRig.Begin), (fetched.State, fetched.Entry!.From));
    }

    /// <summary>
    /// A kill between the replacement of the file and of the manifest: the unfinished file is still
    /// there.
    /// </summary>
    [Theory, InlineData(true), InlineData(false)]
    public async Task After_a_kill_at_the_very_end_the_next_fetch_completes_it(bool isFirst)
    {
        using var data = new DataFolder();
        var options = HistoryRig.Candles(data.Sub("a"), Some.At("2025-03-04"));
        await rig.FetchAsync(options);
        var killed = options with { Folder = data.Sub("b"), From = Some.At("2025-03-01T12:00:00Z") };
        if (!isFirst)
            await rig.FetchAsync(killed with { From = HistoryRig.Begin, Until = Until });
        Directory.CreateDirectory(data.Sub("b/candles"));
        File.Copy(data.Sub("a/" + HistoryRig.Btc), data.Sub("b/" + HistoryRig.Btc), overwrite: true);
        await File.WriteAllTextAsync(
            data.Sub($"b/{HistoryRig.Btc}.part"),
            $"# candles BTC/USDT 5m, binance, from {HistoryRig.Begin}\n"
                + HistoryRig.TextOf(options.Folder, HistoryRig.Btc),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HistoryState.Fetched, (await rig.OneAsync(killed)).State);
        Assert.Equal(HistoryRig.BytesOf(options.Folder), HistoryRig.BytesOf(killed.Folder));
        Assert.Empty(HistoryRig.Leftovers(killed.Folder));
        Assert.Equal(HistoryState.Complete, (await rig.OneAsync(killed)).State);
    }

    [Fact]
    public async Task Two_fetches_do_not_write_to_one_folder()
    {
        using var data = new DataFolder();
        Directory.CreateDirectory(data.Path);
        await using (
            var held = new FileStream(
                data.Sub(HistoryLayout.Manifest + ".lock"),
                FileMode.Create,
                FileAccess.ReadWrite,
                FileShare.None
            )
        )
        {
            var refused = await Assert.ThrowsAsync<HistoryException>(() =>
                rig.FetchAsync(HistoryRig.Candles(data.Path, Until))
            );
            Assert.Contains("is running", refused.Message, StringComparison.Ordinal);
        }
        await File.WriteAllTextAsync(data.Sub(HistoryLayout.Manifest), "{}", TestContext.Current.CancellationToken);
        var invalid = await Assert.ThrowsAsync<HistoryException>(() =>
            rig.FetchAsync(HistoryRig.Candles(data.Path, Until))
        );
        Assert.Contains(HistoryLayout.Manifest, invalid.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_generated_serializers_write_what_reflection_writes() => ReflectedJson.AssertSame(FeedsJson.Shared);
}
