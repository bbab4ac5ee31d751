namespace Remora.Store.Files;

/// <summary>
/// Files and folders that only their owner can read or write: modes 0600 and 0700. On Windows they
/// have the access rights of the folder that contains them.
/// </summary>
public static class PrivateFile
{
    private const UnixFileMode FileMode0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode0700 = FileMode0600 | UnixFileMode.UserExecute;

    /// <summary>Opens a file for writing. A file that this call creates has mode 0600.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">Whether the file must exist, must be new, or is overwritten.</param>
    /// <param name="bufferSize">The size of the buffer in bytes; 0 for none.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file system refuses the
    /// access.</exception>
    public static FileStream Open(string path, FileMode mode, int bufferSize = 4096)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = bufferSize,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = FileMode0600;
        return new(path, options);
    }

    /// <summary>
    /// Creates a folder with mode 0700. The mode of a folder that exists stays as it is.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The file system refuses the
    /// access.</exception>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, FolderMode0700);
    }

    /// <summary>
    /// Creates a folder with mode 0700, and sets the mode of a folder that exists.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The file system refuses the
    /// access.</exception>
    public static void TakeFolder(string path)
    {
        CreateFolder(path);
        if (OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == FolderMode0700)
            return;
        try
        {
            File.SetUnixFileMode(path, FolderMode0700);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder belongs to another user, or the file system is read-only or has no modes.
        }
    }
}
