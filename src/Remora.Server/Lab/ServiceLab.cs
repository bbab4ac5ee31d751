using Remora.Backtest.Lab;
using Remora.Server.Answers;
using Remora.Server.Settings;
using Remora.Store.Files;

namespace Remora.Server.Lab;

/// <summary>
/// The lab of the service: its candles come from the folder of the settings, or from the store.
/// </summary>
internal sealed class ServiceLab : IDisposable
{
    /// <summary>The name of the file that counts tried policies, in the data folder.</summary>
    public const string LedgerName = "lab.json";

    public ServiceLab(ServiceSettings settings, ServiceParts parts, AssessmentBoard board)
    {
        ILabPast? past =
            settings.LabCandles is { } folder ? new LabFiles(folder)
            : parts.Record is { } record ? new LabStore(record.Session.Store, settings.RealClock)
            : null;
        if (past is null)
            return;
        try
        {
            PrivateFile.CreateFolder(settings.DataFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The ledger reports that it cannot be written
        }
        Bench = new(
            past,
            new(Path.Combine(settings.DataFolder, LedgerName)),
            new()
            {
                Today = board.Policies[0],
                TakenNames = [.. board.Policies.Select(policy => policy.Name)],
                Coefficients = settings.Coefficients,
            }
        );
    }

    /// <summary>Where policies are tried; null without candles.</summary>
    public LabBench? Bench { get; }

    public void Dispose() => Bench?.Dispose();
}
