using Remora.Forecasts;

namespace Remora.Server.Settings;

/// <summary>The coefficients of forecasts from a file, beside the shipped ones.</summary>
public static class CoefficientsSetting
{
    /// <summary>The maximum size of a file: eighty times that of the shipped one.</summary>
    private const int LargestFile = 16 * 1024 * 1024;

    /// <summary>
    /// Reads a file of <c>remora forecast fit</c>. The shipped fits that were valid before the
    /// first fit of the file are kept, so that candles of that time have an honest one.
    /// </summary>
    /// <exception cref="SettingsException">The file cannot be read, or is no such file; the message
    /// names the field.</exception>
    public static CoefficientVintages Load(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            if (stream.Length > LargestFile)
                throw new SettingsException([$"{file}: {stream.Length} bytes, expected at most {LargestFile}"]);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var own = CoefficientsFile.Parse(bytes).All;
            return new(CoefficientVintages.Shipped.All.Where(fit => fit.ValidFrom < own[0].ValidFrom).Concat(own));
        }
        catch (CoefficientsException e)
        {
            throw new SettingsException([$"{file}: {e.Message}"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"{file}: {e.Message}"]);
        }
    }
}
