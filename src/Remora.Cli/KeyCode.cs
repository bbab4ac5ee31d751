using QRCoder;
using Spectre.Console;

namespace Remora.Cli;

/// <summary>
/// A QR code in the terminal, on standard error: standard output has the key alone.
/// </summary>
internal static class KeyCode
{
    private static readonly Style BlackOnWhite = new(Color.Black, Color.White);

    /// <summary>Prints the code of an address with a key.</summary>
    public static void Print(string address)
    {
        foreach (var line in LinesOf(address))
        {
            Terminal.Messages.Write(new Text(line, BlackOnWhite));
            Terminal.Messages.WriteLine();
        }
        Console.Error.WriteLine(
            "Scan it with the phone's camera within sight of nobody else: it contains the key. The page keeps the key "
                + "on the phone."
        );
    }

    /// <summary>
    /// Returns the lines of a code, with its quiet zone. One character shows two modules, one above
    /// the other, dark ones as blocks.
    /// </summary>
    public static IReadOnlyList<string> LinesOf(string text)
    {
        using var code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var rows = code.ModuleMatrix;
        var lines = new List<string>();
        for (var y = 0; y < rows.Count; y += 2)
            lines.Add(
                string.Concat(
                    Enumerable
                        .Range(0, rows[y].Count)
                        .Select(x =>
                            (rows[y][x], y + 1 < rows.Count && rows[y + 1][x]) switch
                            {
                                (true, true) => '█',
                                (true, false) => '▀',
                                (false, true) => '▄',
                                _ => ' ',
                            }
                        )
                )
            );
        return lines;
    }
}
