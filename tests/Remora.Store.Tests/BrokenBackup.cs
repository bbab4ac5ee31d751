using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Remora.Store.Schema;

namespace Remora.Store.Tests;

/// <summary>Damages the manifest of a backup in one of many ways.</summary>
internal static class BrokenBackup
{
    public static void Break(string folder, JsonObject manifest, string what)
    {
        var files = manifest["files"]!.AsArray();
        var tables = manifest["tables"]!.AsArray();
        var views = manifest["views"]!.AsArray();
        var candles = files.Single(file => (string?)file!["table"] == "candles")!;
        switch (what)
        {
            case "foo":
                files[0]!["table"] = "foo";
                break;
            case "nullcols":
                files[0]!["columns"] = null;
                break;
            case "nullcol":
                files[0]!["columns"]![1] = null;
                break;
            case "col":
                candles["columns"]![0] = "nonexistent";
                break;
            case "missing":
                files.Remove(candles);
                break;
            case "unlisted":
                File.WriteAllText(Path.Combine(folder, "more.native.gz"), "");
                break;
            case "rows":
                candles["rows"] = 1_000_000_000;
                break;
            case "rows everywhere":
                candles["rows"] = 1_000_000_000;
                Table("candles")["rows"] = 1_000_000_000;
                break;
            case "no table":
                manifest.Remove("tables");
                break;
            case "no schema":
                tables.Remove(Table("schema_steps"));
                files.Remove(files.Single(file => (string?)file!["table"] == "schema_steps"));
                File.Delete(Path.Combine(folder, "schema_steps-all.native.gz"));
                break;
            case "newer":
                manifest["schema"] = 99;
                break;
            case "format":
                manifest["format"] = 7;
                break;
            case "outside":
                files[0]!["name"] = "../x";
                break;
            case "no sha":
                files[0]!.AsObject().Remove("sha256");
                break;
            case "steps":
                ChangeStep(files.Single(file => (string?)file!["table"] == "schema_steps")!);
                break;
            case "query":
                Table("candles")["definition"] =
                    "(a UInt8) ENGINE = MergeTree ORDER BY a AS SELECT file('/etc/passwd')";
                break;
            case "engine":
                Table("candles")["definition"] = "(a UInt8) ENGINE = URL('http://127.0.0.1:1/', CSV)";
                break;
            case "view":
                views[0]!["statement"] =
                    $"CREATE VIEW {views[0]!["name"]} AS SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a UInt8')";
                break;
            case "other view":
                views[0]!["statement"] = "CREATE VIEW another AS SELECT 1";
                break;
            default:
                throw new ArgumentException(what, nameof(what));
        }

        JsonNode Table(string name) => tables.Single(table => (string?)table!["name"] == name)!;

        // A step of the schema under another hash, as another program would have written it.
        void ChangeStep(JsonNode steps)
        {
            var path = Path.Combine(folder, (string)steps["name"]!);
            using var unpacked = new MemoryStream();
            using (var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
                packed.CopyTo(unpacked);
            var bytes = unpacked.ToArray();
            bytes.AsSpan()[bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(SchemaFile.All[0].Hash))] ^= 1;
            using (var file = File.Create(path))
            using (var again = new GZipStream(file, CompressionLevel.Fastest))
                again.Write(bytes);
            steps["sha256"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
        }
    }
}
