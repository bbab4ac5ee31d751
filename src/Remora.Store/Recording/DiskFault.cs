namespace Remora.Store.Recording;

/// <summary>Describes file system errors with advice.</summary>
internal static class DiskFault
{
    // Unix error numbers, which .NET returns unchanged.
    private const int Busy = 11,
        BusyOnMac = 35,
        TooManyFilesInSystem = 23,
        TooManyFiles = 24,
        NoSpace = 28,
        ReadOnly = 30,
        QuotaOnLinux = 122,
        QuotaOnMac = 69;

    /// <summary>Returns the error and, for known errors, advice.</summary>
    public static string Describe(Exception e) =>
        e.HResult switch
        {
            NoSpace or QuotaOnLinux or QuotaOnMac => $"the disk is full ({e.Message}): free some space",
            TooManyFiles or TooManyFilesInSystem =>
                $"too many files are open ({e.Message}): raise the limit (LimitNOFILE in the systemd unit, or "
                    + $"'ulimit -n'), or lower max_connections",
            ReadOnly => $"the file system is read-only ({e.Message}): check the disk, and mount it for writing",
            _ => e.Message,
        };

    /// <summary>Returns whether a read error is temporary and independent of the file.</summary>
    public static bool IsOfTheMoment(Exception e) =>
        e.HResult is TooManyFiles or TooManyFilesInSystem or Busy or BusyOnMac;
}
