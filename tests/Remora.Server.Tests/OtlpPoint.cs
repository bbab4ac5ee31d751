using System.Buffers.Binary;
using System.Text;

namespace Remora.Server.Tests;

/// <summary>
/// A number in a message of OTLP's metrics protocol (<c>ExportMetricsServiceRequest</c>): the value
/// of a gauge or sum, or a figure of a histogram.
/// </summary>
internal sealed record OtlpPoint(string Metric, double Value, IReadOnlyDictionary<string, string> Tags)
{
    // Numbers of the fields in opentelemetry/proto/metrics/v1/metrics.proto.
    private const int Resource = 1,
        Scope = 2,
        Metrics = 2,
        Name = 1,
        Gauge = 5,
        Sum = 7,
        Histogram = 9,
        DataPoints = 1;
    private const int AsDouble = 4,
        AsInteger = 6,
        NumberTags = 7,
        HistogramSum = 5,
        HistogramTags = 9,
        Least = 11,
        Most = 12;

    public static IEnumerable<OtlpPoint> Read(byte[] message)
    {
        foreach (var resource in In(Fields(message), Resource))
        foreach (var scope in In(Fields(resource), Scope))
        foreach (var metric in In(Fields(scope), Metrics))
        {
            var fields = Fields(metric);
            var name = Encoding.UTF8.GetString(In(fields, Name).Single().Span);
            foreach (var (number, bytes) in fields.Where(field => field.Number is Gauge or Sum or Histogram))
            foreach (var point in In(Fields(bytes), DataPoints))
            foreach (var one in Point(name, Fields(point), number == Histogram))
                yield return one;
        }
    }

    private static IEnumerable<OtlpPoint> Point(
        string name,
        List<(int Number, ReadOnlyMemory<byte> Bytes)> fields,
        bool isHistogram
    )
    {
        var tags = In(fields, isHistogram ? HistogramTags : NumberTags)
            .Select(Fields)
            .ToDictionary(
                tag => Encoding.UTF8.GetString(In(tag, 1).Single().Span),
                tag => Fields(In(tag, 2).Single()) is [(1, var text)] ? Encoding.UTF8.GetString(text.Span) : ""
            );
        foreach (var (number, bytes) in fields)
        {
            if (isHistogram ? number is HistogramSum or Least or Most : number == AsDouble)
                yield return new(name, BinaryPrimitives.ReadDoubleLittleEndian(bytes.Span), tags);
            else if (!isHistogram && number == AsInteger)
                yield return new(name, BinaryPrimitives.ReadInt64LittleEndian(bytes.Span), tags);
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> In(
        List<(int Number, ReadOnlyMemory<byte> Bytes)> fields,
        int number
    ) => fields.Where(field => field.Number == number).Select(field => field.Bytes);

    private static List<(int Number, ReadOnlyMemory<byte> Bytes)> Fields(ReadOnlyMemory<byte> message)
    {
        var fields = new List<(int, ReadOnlyMemory<byte>)>();
        for (var at = 0; at < message.Length; )
        {
            var key = Varint(message.Span, ref at);
            var start = at;
            switch (key & 7)
            {
                case 0:
                    Varint(message.Span, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message.Span, ref at);
                    start = at;
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new FormatException($"wire type {key & 7} at {start}");
            }
            fields.Add(((int)(key >> 3), message[start..at]));
        }
        return fields;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            value |= (ulong)(bytes[at] & 0x7f) << shift;
            if ((bytes[at++] & 0x80) == 0)
                return value;
        }
    }
}
