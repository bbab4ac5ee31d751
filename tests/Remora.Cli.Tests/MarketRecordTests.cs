using System.Globalization;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.Cli.Tests.Deploy;
using Remora.Server.Storage;
using Remora.Store;
using Remora.Testing;

namespace Remora.Cli.Tests;

/// <summary>What a start asks of the store.</summary>
public sealed class MarketRecordTests
{
    /// <summary>A few are asked for at a time; were each to wait for those before, a hundred would take two minutes.</summary>
    [Fact]
    public async Task A_store_that_hangs_holds_a_hundred_markets_up_no_longer_than_a_few()
    {
        using var folder = new TemporaryFolder();
        var location = StoreLocation.InFolder(folder.File("data"));
        await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = location.EngineFolder!, PingInterval = TimeSpan.FromHours(1) }); // nobody is to end it
        var session = new StoreSession(new() { Location = location, Recorder = new() { JournalFolder = folder.File("journal"), StopTimeout = TimeSpan.Zero } });
        using var stop = new CancellationTokenSource();
        var running = session.RunAsync(stop.Token);
        Assert.True(await session.IsReadyWithinAsync(TimeSpan.FromMinutes(1)));
        using var record = new MarketRecord(session, TimeProvider.System);
        Assert.NotNull(await record.RecallAsync(Given.Btc, CancellationToken.None));

        await SignalAsync("STOP");
        try
        {
            var recalls = Enumerable.Range(0, 100).Select(i => record.RecallAsync(Given.Market(string.Create(CultureInfo.InvariantCulture, $"C{i}/USDT")), CancellationToken.None));
            Assert.All(await Task.WhenAll(recalls).WaitAsync(TimeSpan.FromMinutes(1)), Assert.Null);
        }
        finally
        {
            await SignalAsync("CONT");
        }
        await stop.CancelAsync();
        await running;

        async Task SignalAsync(string signal) => Assert.Equal(0, (await Tool.RunAsync("kill", ["-" + signal, engine.Endpoint.Pid.ToString(CultureInfo.InvariantCulture)])).ExitCode);
    }
}
