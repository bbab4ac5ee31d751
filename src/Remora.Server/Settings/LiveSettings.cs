using Microsoft.Extensions.Logging;

namespace Remora.Server.Settings;

/// <summary>The settings that a reload can change while the service runs.</summary>
/// <param name="settings">The settings at the start.</param>
public sealed class LiveSettings(ServiceSettings settings)
{
    private volatile ServiceSettings _current = settings;

    /// <summary>
    /// The current settings: those at the start, with the values of the last reload for settings
    /// that can be reloaded.
    /// </summary>
    public ServiceSettings Current => _current;

    internal void Take(Func<ServiceSettings, ServiceSettings, ServiceSettings> copy, ServiceSettings read) =>
        _current = copy(read, _current);
}

/// <summary>The result of a reload.</summary>
/// <param name="Changed">The settings that changed and apply now.</param>
/// <param name="NeedRestart">The settings that changed and apply after a restart of the
/// service.</param>
public sealed record ReloadReport(IReadOnlyList<string> Changed, IReadOnlyList<string> NeedRestart);

/// <summary>
/// Reads the settings again, from the same file and flags, and applies those that can change while
/// the service runs. Invalid settings change nothing.
/// </summary>
public sealed class SettingsReload
{
    private readonly LiveSettings _live;
    private readonly Func<SettingsReading> _read;
    private readonly Action<ServiceSettings> _taken;
    private readonly ILogger _log;
    private readonly Dictionary<string, string> _applied;
    private readonly Lock _lock = new();

    /// <param name="live">The settings to change.</param>
    /// <param name="started">What was read at the start.</param>
    /// <param name="read">Reads the settings.</param>
    /// <param name="taken">Is called with the settings after a change.</param>
    /// <param name="logs">Receives the result.</param>
    public SettingsReload(
        LiveSettings live,
        SettingsReading started,
        Func<SettingsReading> read,
        Action<ServiceSettings> taken,
        ILoggerFactory logs
    )
    {
        (_live, _read, _taken) = (live, read, taken);
        _applied = started.Texts.ToDictionary(StringComparer.Ordinal);
        _log = logs.CreateLogger<SettingsReload>();
    }

    /// <summary>Reloads the settings.</summary>
    /// <exception cref="SettingsException">A setting is invalid; nothing was changed.</exception>
    public ReloadReport Run()
    {
        lock (_lock)
        {
            SettingsReading read;
            try
            {
                read = _read();
            }
            catch (SettingsException e)
            {
                _log.LogError(
                    "The settings were not reloaded, and nothing was changed: {Errors}",
                    string.Join("; ", e.Errors)
                );
                throw;
            }
            var (changed, needRestart) = (new List<string>(), new List<string>());
            foreach (var key in _applied.Keys.Union(read.Texts.Keys).Order(StringComparer.Ordinal).ToList())
            {
                var text = read.Texts.GetValueOrDefault(key);
                if (text == _applied.GetValueOrDefault(key))
                    continue;
                if (DeclaredSettings.All.FirstOrDefault(known => known.Name == key)?.Live is not { } copy)
                {
                    needRestart.Add(key);
                    continue;
                }
                _live.Take(copy, read.Settings);
                changed.Add(key);
                if (text is null)
                    _applied.Remove(key);
                else
                    _applied[key] = text;
            }
            if (changed.Count > 0)
                _taken(_live.Current);
            _log.LogInformation(
                "The settings were reloaded. Changed: {Changed}. Changed, but only after a restart: {NeedRestart}",
                changed.Count > 0 ? string.Join(", ", changed) : "none",
                needRestart.Count > 0 ? string.Join(", ", needRestart) : "none"
            );
            return new(changed, needRestart);
        }
    }
}

/// <summary>Settings with the texts from which they were read.</summary>
/// <param name="Settings">The settings.</param>
/// <param name="Texts">The text of each setting that is set anywhere.</param>
public sealed record SettingsReading(ServiceSettings Settings, IReadOnlyDictionary<string, string> Texts);
