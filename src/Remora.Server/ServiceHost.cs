using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Remora.Markets;
using Remora.Server.Answers;
using Remora.Server.Api;
using Remora.Server.Settings;
using Remora.Server.Storage;
using Remora.Server.Streams;

namespace Remora.Server;

/// <summary>The running service: feeds, pump, board and HTTP interface. If one of them fails, all end, and <see cref="Completion"/> says why.</summary>
public sealed class ServiceHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();

    private ServiceHost(WebApplication app, AssessmentBoard board, MarketPump pump, StreamHub streams, ServiceParts parts)
    {
        _app = app;
        Board = board;
        Streams = streams;
        Url = app.Urls.Single();
        Completion = RunAsync(pump, streams, parts);
    }

    /// <summary>Where it answers: <c>http://127.0.0.1:8000</c>.</summary>
    public string Url { get; }

    /// <summary>What it answers.</summary>
    public AssessmentBoard Board { get; }

    internal StreamHub Streams { get; }

    /// <summary>Completes when the service has stopped, and fails when it could not go on.</summary>
    public Task Completion { get; }

    /// <summary>Starts the service; it answers when this returns, whatever the outside world does.</summary>
    /// <param name="settings">The settings, checked.</param>
    /// <param name="parts">What it is connected to; they stay the caller's.</param>
    /// <param name="clock">The time it goes by.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<ServiceHost> StartAsync(ServiceSettings settings, ServiceParts parts, TimeProvider clock, CancellationToken cancellation = default)
    {
        var markets = settings.TrackedMarkets.Select(market => market.Id).ToList();
        if (!markets.ToHashSet().SetEquals(parts.Markets.Select(feed => feed.Market)))
            throw new ArgumentException("there must be one feed for each tracked market", nameof(parts));
        IReadOnlyList<Signal> configured = [.. parts.Sources.SelectMany(source => source.Health.Signals).Distinct().Order()];
        var engine = new RemoraEngine(settings.PoliciesInOrder, configured);
        var board = new AssessmentBoard(markets, settings.PoliciesInOrder, clock);
        var pump = new MarketPump(engine, board, parts.Record);

        var streams = new StreamHub(board, settings.StreamPatience with { Readers = settings.MaxStreams });

        var app = Build(settings, parts, board, streams);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        return new(app, board, pump, streams, parts);
    }

    private async Task<IReadOnlyList<Observation>> RecallAsync(MarketRecord record)
    {
        try
        {
            return await record.RecallOutsideAsync(Board.Markets, Board.Policies[0].Name, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return [];
        }
    }

    /// <summary>Asks the service to end; <see cref="Completion"/> tells when it has.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Ends the service.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Completion.ContinueWith(_ => { }, TaskScheduler.Default);
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(MarketPump pump, StreamHub streams, ServiceParts parts)
    {
        var log = parts.Log.CreateLogger<ServiceHost>();
        if (parts.Record is { } record) pump.Recall(await RecallAsync(record));
        var tasks = parts.Markets.Select(feed => feed.RunAsync(pump.Events, _stop.Token))
            .Concat(parts.Sources.Select(feed => feed.RunAsync(pump.Events, _stop.Token)))
            .Concat(parts.Calendar is { } calendar ? [calendar.RunAsync(pump.Events, _stop.Token)] : [])
            .Append(pump.RunAsync(_stop.Token)).Append(streams.RunAsync(_stop.Token)).ToList();
        try
        {
            // A feed runs until it is told to stop: one that ends before, or fails, is a bug, and a service that goes on without it would be silently wrong.
            var first = await Task.WhenAny(tasks);
            await first;
            if (!_stop.IsCancellationRequested) throw new InvalidOperationException("a feed or the pump ended although nobody asked it to");
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It was told to stop.
        }
        catch (Exception e)
        {
            log.LogCritical(e, "The service cannot go on");
            throw;
        }
        finally
        {
            await _stop.CancelAsync();
            await Task.WhenAll(tasks).ContinueWith(_ => { }, TaskScheduler.Default);
            await _app.StopAsync(CancellationToken.None);
        }
    }

    private static WebApplication Build(ServiceSettings settings, ServiceParts parts, AssessmentBoard board, StreamHub streams)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0; // no call takes a body
            kestrel.Listen(settings.Address, settings.Port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        // No handler blocks, so a request is answered where it was read: measured a fifth more requests a second than with a hop in between.
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.AddSingleton(parts.Log);
        builder.Services.AddSingleton(board).AddSingleton(settings).AddSingleton(parts).AddSingleton(streams);
        builder.Services.AddRoutingCore();
        builder.Services.AddApiDocument(board);
        builder.Services.ConfigureHttpJsonOptions(json => RemoraJson.Apply(json.SerializerOptions)); // what the document's schemas are made by

        var app = builder.Build();
        if (parts.Sandbox is { } sandbox) app.UseSandboxNotice(sandbox);
        app.UseHeadAsGet();
        var shortPath = new RiskShortPath(board);
        if (parts.Record is { } record && settings.RecordRequests) app.UseRequestRecord(record.Session.Recorder, board);
        app.Use(next => context => shortPath.TryAnswer(context) ? Task.CompletedTask : next(context));
        app.UseProblems(parts.Log);
        app.UseRouting();
        Map(app);
        app.Lifetime.ApplicationStopping.Register(streams.Close);
        return app;
    }

    private static void Map(WebApplication app)
    {
        var api = app.MapGroup("/api/v1");
        RiskApi.Map(api);
        MarketPartsApi.Map(api);
        StreamApi.Map(api);
        CatalogApi.Map(api);
        StatusApi.Map(api);
        HistoryApi.Map(api);
        StoreApi.Map(api);
        NewsApi.Map(api);
        HealthApi.Map(app);
        app.MapOpenApi();
        ReferencePage.Map(app);
    }
}
