using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Remora.Bots.Freqtrade;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Server.Api;
using Remora.Server.Api.Decisions;
using Remora.Server.Api.Document;
using Remora.Server.Api.Lab;
using Remora.Server.Api.Portfolios;
using Remora.Server.Api.TrackRecord;
using Remora.Server.Lab;
using Remora.Server.Pairs;
using Remora.Server.Portfolios;
using Remora.Server.Settings;
using Remora.Server.Storage;
using Remora.Server.Streams;
using Remora.Server.Telemetry;

namespace Remora.Server;

/// <summary>The HTTP interface: its services, its middleware and its routes.</summary>
internal sealed class HttpInterface(
    ServiceSettings settings,
    ServiceParts parts,
    AssessmentBoard board,
    StreamHub streams,
    ServiceMetrics metrics,
    AddedPairs added,
    IReadOnlyList<BotWhitelist> whitelists,
    CorrelationKeeper correlations,
    BookRisk bookRisk,
    IReadOnlyList<BookWatch> books,
    KeyUse use,
    LiveSettings live
)
{
    /// <summary>Builds the web application. It does not listen yet.</summary>
    public WebApplication Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        var limit = ConnectionLimit.Of(settings, parts.Log);
        builder.AddListener(settings, limit);
        AddServices(builder.Services, limit);
        var app = builder.Build();
        app.UseMetrics();
        UseMiddleware(app);
        MapRoutes(app);
        app.Lifetime.ApplicationStopping.Register(streams.Close);
        return app;
    }

    private void AddServices(IServiceCollection services, ConnectionLimit limit)
    {
        services.AddSingleton(board).AddSingleton(settings).AddSingleton(parts).AddSingleton(streams);
        services.AddSingleton(added).AddSingleton(whitelists).AddSingleton<UntrackedAnswer>();
        services.AddSingleton(correlations).AddSingleton(bookRisk).AddSingleton(books);
        services.AddRoutingCore();
        services.AddCors();
        services.AddApiDocument(board);
        services.ConfigureHttpJsonOptions(json => ServerJson.Apply(json.SerializerOptions)); // schemas are made with it
        services.AddSingleton<AccessGate>().AddSingleton<HostGate>();
        // As factories, so that the container disposes of them.
        services.AddSingleton(_ => metrics).AddSingleton(_ => new PrometheusText(metrics.Meter));
        services.AddSingleton(_ => new CallLimits(live));
        services.AddSingleton(use).AddSingleton(live).AddSingleton<ServiceLab>();
        services.AddSingleton(_ => new KeyRing(new(settings.DataFolder), parts.Log, settings.RealClock));
        services.AddSingleton(_ => new ConnectionLimitLog(parts.Log, limit.Cause, settings.LogClock));
        services.AddSingleton<ILoggerFactory>(all => all.GetRequiredService<ConnectionLimitLog>());
    }

    private void UseMiddleware(WebApplication app)
    {
        app.UseBodyOfLab();
        app.UseTelemetry(metrics, new(parts.Log, live));
        app.UseSecurityHeaders();
        app.UseBodies();
        if (parts.Sandbox is { } sandbox)
            app.UseSandboxNotice(sandbox);
        app.Services.GetRequiredService<HostGate>().Use(app);
        app.UseCors(settings.CorsOrigins);
        app.Services.GetRequiredService<AccessGate>().Use(app);
        app.UseHeadAsGet();
        if (settings.RecordRequests && parts.Record is { } record)
            app.UseRequestRecord(record.Session.Recorder, board);
        app.UseRiskShortPath(board);
        app.UseProblems(parts.Log);
        app.UseRouting();
        app.UseScopes(settings);
    }

    private static void MapRoutes(WebApplication app)
    {
        var api = app.MapGroup("/api/v1").WantsKey().Needs(KeyScopes.Read).SeparatesAlternatives();
        RiskApi.Map(api);
        MarketPartsApi.Map(api);
        ForecastApi.Map(api);
        PortfolioApi.Map(api);
        StreamApi.Map(api);
        CatalogApi.Map(api);
        PriceLevelApi.Map(api);
        AddedPairsApi.Map(api);
        PairListApi.Map(api);
        StatusApi.Map(api);
        ReloadApi.Map(api);
        HistoryApi.Map(api);
        ScorecardApi.Map(api);
        DecisionsApi.Map(api);
        StoreApi.Map(api);
        LabApi.Map(api);
        NewsApi.Map(api);
        HealthApi.Map(app);
        MetricsApi.Map(app);
        app.MapOpenApi();
        MarketPage.Map(app);
        ReferencePage.Map(app);
    }
}
