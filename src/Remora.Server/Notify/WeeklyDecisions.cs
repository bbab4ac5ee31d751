using System.Text.Json;
using Microsoft.Extensions.Logging;
using Remora.Markets;
using Remora.Notify;
using Remora.Server.Api.Decisions;
using Remora.Store;
using Remora.Store.Files;
using Remora.Supervision;

namespace Remora.Server.Notify;

/// <summary>
/// Says once a week what the refused entries of bots would have become: those of the week that
/// ended a day before, so that most of them have ended too. A file in the data folder keeps which
/// week was told last, so that a restart repeats nothing.
/// </summary>
/// <param name="session">The store.</param>
/// <param name="folder">The data folder.</param>
/// <param name="post">Receives the notices.</param>
/// <param name="log">Receives problems.</param>
internal sealed class WeeklyDecisions(StoreSession session, string folder, Action<Notice> post, ILogger log)
{
    private const string Subject = "refused entries";
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Settled = TimeSpan.FromDays(1);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    // A Monday, 00 UTC
    private static readonly Instant Monday = Instant.From(new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Incidents _incidents = new(line => log.LogWarning("{Problem}", line));
    private Instant? _told;

    private string Path => System.IO.Path.Combine(folder, "notices.json");

    /// <summary>Runs until it is canceled.</summary>
    public async Task RunAsync(TimeProvider clock, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do await TellAsync(Instant.From(clock.GetUtcNow()), cancellation);
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>Tells the week that ended last, unless it was told.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task TellAsync(Instant now, CancellationToken cancellation)
    {
        var end = Monday + (Math.Floor((now - Settled - Monday) / Week) * Week);
        _told ??= Read();
        if (_told >= end)
            return;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            if (!await session.IsReadyWithinAsync(TimeSpan.Zero, deadline.Token))
                return;
            var answer = await DecisionLedger.FollowAsync(session.Store, end - Week, end, now, 1, deadline.Token);
            if (answer.Summary.Refused.Entries > 0)
                post(
                    new(
                        NoticeKind.Decisions,
                        Subject,
                        $"Week of {(end - Week).ToDateTimeOffset():yyyy-MM-dd}: {answer.Sentence}",
                        now.ToDateTimeOffset()
                    )
                );
            _told = end;
            Write(end);
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            session.Report(e); // told at the next look
        }
    }

    private Instant? Read()
    {
        try
        {
            return
                File.Exists(Path)
                && JsonSerializer
                    .Deserialize(File.ReadAllBytes(Path), ServerJson.Indented.DictionaryStringInstant)
                    ?.TryGetValue(Subject, out var told) == true
                ? told
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null; // unknown: the file is written anew
        }
    }

    private void Write(Instant told)
    {
        try
        {
            var next = Path + ".new";
            File.Delete(next);
            using (var file = PrivateFile.Open(next, FileMode.CreateNew))
                JsonSerializer.Serialize(
                    file,
                    new Dictionary<string, Instant> { [Subject] = told },
                    ServerJson.Indented.DictionaryStringInstant
                );
            File.Move(next, Path, overwrite: true);
            _incidents.End(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _incidents.Begin(Path, $"a message may be repeated after a restart, {Path} cannot be written: {e.Message}");
        }
    }
}
