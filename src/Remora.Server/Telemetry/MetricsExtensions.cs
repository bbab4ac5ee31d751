using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Remora.Bots.Freqtrade;
using Remora.Server.Answers;
using Remora.Server.Pairs;
using Remora.Server.Portfolios;
using Remora.Server.Settings;
using Remora.Server.Streams;

namespace Remora.Server.Telemetry;

/// <summary>
/// Registers the instruments of the service and starts to collect and export them.
/// </summary>
internal static class MetricsExtensions
{
    public static void UseMetrics(this WebApplication app)
    {
        T Get<T>()
            where T : notnull => app.Services.GetRequiredService<T>();
        var (settings, parts, board) = (Get<ServiceSettings>(), Get<ServiceParts>(), Get<AssessmentBoard>());
        var meter = Get<ServiceMetrics>().Meter;
        Get<PrometheusText>().Start(); // before the first request
        MarketGauges.Register(meter, board);
        ForecastGauges.Register(meter, board, settings.Coefficients, parts.Calendar);
        FeedGauges.Register(meter, board, parts);
        StreamGauges.Register(meter, Get<StreamHub>());
        AddedPairsGauges.Register(meter, Get<AddedPairs>(), Get<IReadOnlyList<BotWhitelist>>(), Get<LiveSettings>());
        BookGauges.Register(meter, Get<IReadOnlyList<BookWatch>>(), settings.LiquidationChance);
        ProcessGauges.Register(meter);
        TaskGauges.Register(meter, parts.Supervisor);
        ConnectionGauges.Register(meter, Get<ConnectionLimitLog>());
        if (parts.Notifications is { } notifications)
            NotificationGauges.Register(meter, notifications);
        foreach (var observe in parts.Observe)
            observe(meter);
        if (settings.OtlpEndpoint is not { } collector)
            return;
        app.Lifetime.ApplicationStopped.Register(OtlpExport.Start(collector, settings.OtlpInterval).Dispose);
    }
}
