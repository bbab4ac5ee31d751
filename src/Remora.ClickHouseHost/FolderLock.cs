namespace Remora.ClickHouseHost;

/// <summary>
/// Ensures that only one process opens a folder. The lock ends with the process in all cases.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock. Waits a short time for a previous process that is ending.</summary>
    public static FolderLock Take(string folder)
    {
        var path = Path.Combine(folder, "lock");
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            try
            {
                return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None));
            }
            catch (IOException) when (waited < LockTimeout && File.Exists(path))
            {
                Thread.Sleep(Pause);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new HostException(
                    File.Exists(path)
                        ? $"'{folder}' is open in another process"
                        : $"'{folder}' is not writable: {e.Message}"
                );
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
