using System.Text;
using Remora.Store.Files;

namespace Remora.Store.Recording;

/// <summary>
/// Batches that the store has not acknowledged, one file each. A batch is written to a temporary
/// file and moved when it is complete. After a kill, complete batches are found and incomplete ones
/// are set aside. When the journal is full, the oldest batch is dropped.
/// </summary>
internal sealed class Journal : IDisposable
{
    private const string Unfinished = ".part";
    private const int MostSetAside = 100;

    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly long _mostBytes;
    private readonly LinkedList<JournalFile> _entries = [];
    private readonly List<string> _setAside = [];
    private readonly FileStream _owner;
    private long _next = 1;
    private long _firstOwn = 1; // batches with smaller numbers were found at the start
    private JournalFile? _taken;
    private string? _id;

    private Journal(string folder, long mostBytes, FileStream owner)
    {
        _folder = folder;
        _mostBytes = mostBytes;
        _owner = owner;
    }

    /// <summary>The id of the folder. It stays the same when a service is started again.</summary>
    public string Id
    {
        get
        {
            lock (_lock)
                return _id ??= IdOf(_folder);
        }
    }

    private string SetAsideFolder => Path.Combine(_folder, "set-aside");

    /// <summary>The number of batches.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>The size of all batches, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// The number of rows in batches that were dropped because the journal was full.
    /// </summary>
    public long DroppedRows { get; private set; }

    /// <summary>The close time of the oldest batch; null for none.</summary>
    public DateTimeOffset? Oldest
    {
        get
        {
            lock (_lock)
                return _entries.First?.Value.ClosedAt;
        }
    }

    /// <summary>Whether batches of an earlier recorder remain.</summary>
    public bool HasLeft
    {
        get
        {
            lock (_lock)
                return _entries.First?.Value.Number < _firstOwn;
        }
    }

    /// <summary>The number of the last batch that was appended.</summary>
    public long LastNumber
    {
        get
        {
            lock (_lock)
                return _next - 1;
        }
    }

    /// <summary>The number of the first batch of market data; null for none.</summary>
    public long? FirstOfMarkets
    {
        get
        {
            lock (_lock)
                return _entries.FirstOrDefault(entry => LeasedInsert.IsLeased(entry.Table))?.Number;
        }
    }

    /// <summary>Batches that could not be inserted, with the reason.</summary>
    public IReadOnlyList<string> SetAside
    {
        get
        {
            lock (_lock)
                return [.. _setAside];
        }
    }

    /// <summary>Opens a folder and finds the batches in it.</summary>
    /// <exception cref="IOException">
    /// The folder is not writable, or another recorder uses it.
    /// </exception>
    public static Journal Open(string folder, long mostBytes)
    {
        PrivateFile.TakeFolder(folder);
        FileStream owner;
        try
        {
            owner = PrivateFile.Open(Path.Combine(folder, "lock"), FileMode.OpenOrCreate);
        }
        catch (IOException e)
            when (e.GetType() == typeof(IOException)
                && File.Exists(Path.Combine(folder, "lock"))
                && e.HResult is 11 or 35
            )
        {
            throw new IOException(
                "another service uses it: stop that service, or give this one its own folder with --data",
                e
            );
        }
        var journal = new Journal(folder, mostBytes, owner);
        try
        {
            journal.Find();
            return journal;
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <summary>Appends a batch. It is on disk when this returns.</summary>
    public void Append(JournalBatch batch, int rows, DateTimeOffset closedAt)
    {
        long number;
        lock (_lock)
            number = _next++;
        var path = Path.Combine(_folder, JournalFile.NameOf(number, batch.Table.Value, rows, closedAt));
        try
        {
            batch.WriteTo(path + Unfinished);
            File.Move(path + Unfinished, path);
        }
        catch
        {
            File.Delete(path + Unfinished); // the rows follow in another batch, so this file must not be found
            throw;
        }
        lock (_lock)
        {
            Add(JournalFile.Of(new(path))!);
            while (
                Bytes > _mostBytes && _entries.First(entry => entry != _taken) is { } oldest && oldest.Number != number
            )
            {
                File.Delete(oldest.Path);
                Forget(oldest);
                DroppedRows += oldest.Rows;
            }
        }
    }

    /// <summary>
    /// Returns the next batch to insert; null if there is none. It stays until it is removed or set
    /// aside.
    /// </summary>
    public JournalFile? Take()
    {
        lock (_lock)
            return _taken = _entries.First?.Value;
    }

    /// <summary>Removes a batch that the store has acknowledged.</summary>
    public void Remove(JournalFile entry)
    {
        try
        {
            File.Delete(entry.Path);
        }
        catch (DirectoryNotFoundException)
        {
            // The folder was removed together with the file.
        }
        lock (_lock)
            Forget(entry);
    }

    /// <summary>
    /// Removes a batch whose file was deleted by another process. Its rows are lost.
    /// </summary>
    public void Lose(JournalFile entry)
    {
        lock (_lock)
        {
            Forget(entry);
            DroppedRows += entry.Rows;
        }
    }

    /// <summary>Sets aside a batch that cannot be inserted.</summary>
    public void PutAside(JournalFile entry, string reason)
    {
        MoveAside(entry.Path, reason);
        lock (_lock)
            Forget(entry);
    }

    /// <summary>Abandons all batches after the folder was removed.</summary>
    /// <returns>The number of lost rows, including those dropped before.</returns>
    public long Abandon()
    {
        lock (_lock)
        {
            // The batch being sent is in memory
            var lost = DroppedRows + _entries.Where(entry => entry != _taken).Sum(entry => (long)entry.Rows);
            _entries.Clear();
            Bytes = 0;
            return lost;
        }
    }

    public void Dispose() => _owner.Dispose();

    private void Find()
    {
        var files = new DirectoryInfo(_folder).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal).ToList();
        foreach (var part in files.Where(file => file.Name.EndsWith(Unfinished, StringComparison.Ordinal)).ToList())
        {
            // Complete if the process was killed between the end of writing and the move; otherwise
            // it is not a batch.
            var whole = part.FullName[..^Unfinished.Length];
            if (IsWhole(part.FullName))
                File.Move(part.FullName, whole, overwrite: true);
            else
                MoveAside(part.FullName, "the recorder was stopped while writing it");
            files.Add(new(whole));
        }
        var entries = new List<JournalFile>();
        foreach (var file in files.Where(file => file.Exists && JournalFile.IsBatch(file)))
        {
            if (JournalFile.Of(file) is { } entry)
                entries.Add(entry);
            else
                MoveAside(file.FullName, "the file's name is not the name of a batch");
        }
        foreach (var entry in entries.OrderBy(entry => entry.Number))
        {
            Add(entry);
            _next = entry.Number + 1;
        }
        _firstOwn = _next;
    }

    private static string IdOf(string folder)
    {
        var path = Path.Combine(folder, "id");
        var id = Guid.NewGuid().ToString("N");
        try
        {
            if (File.Exists(path) && Guid.TryParseExact(File.ReadAllText(path), "N", out var known))
                return known.ToString("N");
            using var file = PrivateFile.Open(path, FileMode.Create, bufferSize: 0);
            file.Write(Encoding.ASCII.GetBytes(id));
            file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk is full: a new id at each start only costs a wait for the old lease
        }
        return id;
    }

    private static bool IsWhole(string path)
    {
        try
        {
            _ = JournalBatch.Read(path);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private void MoveAside(string path, string reason)
    {
        PrivateFile.CreateFolder(SetAsideFolder);
        var name = Path.GetFileName(path);
        File.Move(path, Path.Combine(SetAsideFolder, name), overwrite: true);
        foreach (
            var old in new DirectoryInfo(SetAsideFolder)
                .GetFiles()
                .OrderByDescending(file => file.Name, StringComparer.Ordinal)
                .Skip(MostSetAside)
        )
            old.Delete();
        lock (_lock)
        {
            _setAside.Add($"{name}: {reason}");
            if (_setAside.Count > MostSetAside)
                _setAside.RemoveAt(0);
        }
    }

    private void Add(JournalFile entry)
    {
        _entries.AddLast(entry);
        Bytes += entry.Bytes;
    }

    private void Forget(JournalFile entry)
    {
        if (_entries.Remove(entry))
            Bytes -= entry.Bytes;
        if (_taken == entry)
            _taken = null;
    }
}
