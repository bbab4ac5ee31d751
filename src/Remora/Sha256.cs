using System.Buffers.Binary;
using System.Numerics;

namespace Remora;

/// <summary>
/// SHA-256 (FIPS 180-4) for ids of policies and coefficients. The base library's implementation
/// loads OpenSSL, and ends the process where it is missing (docs/decisions/0097-own-sha-256.md).
/// </summary>
internal static class Sha256
{
    private const int BlockLength = 64;
    private const int LengthOfLength = 8;

    // The first 32 bits of the fractional parts of the square roots of the first 8 primes, and of
    // the cube roots of the first 64.
    private static readonly uint[] Start =
    [
        0x6a09e667,
        0xbb67ae85,
        0x3c6ef372,
        0xa54ff53a,
        0x510e527f,
        0x9b05688c,
        0x1f83d9ab,
        0x5be0cd19,
    ];

    private static readonly uint[] Rounds =
    [
        0x428a2f98,
        0x71374491,
        0xb5c0fbcf,
        0xe9b5dba5,
        0x3956c25b,
        0x59f111f1,
        0x923f82a4,
        0xab1c5ed5,
        0xd807aa98,
        0x12835b01,
        0x243185be,
        0x550c7dc3,
        0x72be5d74,
        0x80deb1fe,
        0x9bdc06a7,
        0xc19bf174,
        0xe49b69c1,
        0xefbe4786,
        0x0fc19dc6,
        0x240ca1cc,
        0x2de92c6f,
        0x4a7484aa,
        0x5cb0a9dc,
        0x76f988da,
        0x983e5152,
        0xa831c66d,
        0xb00327c8,
        0xbf597fc7,
        0xc6e00bf3,
        0xd5a79147,
        0x06ca6351,
        0x14292967,
        0x27b70a85,
        0x2e1b2138,
        0x4d2c6dfc,
        0x53380d13,
        0x650a7354,
        0x766a0abb,
        0x81c2c92e,
        0x92722c85,
        0xa2bfe8a1,
        0xa81a664b,
        0xc24b8b70,
        0xc76c51a3,
        0xd192e819,
        0xd6990624,
        0xf40e3585,
        0x106aa070,
        0x19a4c116,
        0x1e376c08,
        0x2748774c,
        0x34b0bcb5,
        0x391c0cb3,
        0x4ed8aa4a,
        0x5b9cca4f,
        0x682e6ff3,
        0x748f82ee,
        0x78a5636f,
        0x84c87814,
        0x8cc70208,
        0x90befffa,
        0xa4506ceb,
        0xbef9a3f7,
        0xc67178f2,
    ];

    /// <summary>Returns the 32 bytes of the hash.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> content)
    {
        var state = Start.ToArray();
        var whole = content.Length / BlockLength * BlockLength;
        for (var i = 0; i < whole; i += BlockLength)
            Add(state, content.Slice(i, BlockLength));

        // The rest, a bit that is set, zeros, and the length in bits.
        Span<byte> last = stackalloc byte[2 * BlockLength];
        last.Clear();
        var rest = content[whole..];
        rest.CopyTo(last);
        last[rest.Length] = 0x80;
        var end = rest.Length + 1 + LengthOfLength <= BlockLength ? BlockLength : 2 * BlockLength;
        BinaryPrimitives.WriteInt64BigEndian(last[(end - LengthOfLength)..end], 8L * content.Length);
        for (var i = 0; i < end; i += BlockLength)
            Add(state, last.Slice(i, BlockLength));

        var hash = new byte[sizeof(uint) * state.Length];
        for (var i = 0; i < state.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(sizeof(uint) * i), state[i]);
        return hash;
    }

    private static void Add(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[Rounds.Length];
        for (var i = 0; i < words.Length; i++)
            words[i] =
                i < 16
                    ? BinaryPrimitives.ReadUInt32BigEndian(block[(sizeof(uint) * i)..])
                    : words[i - 16] + Mix(words[i - 15], 7, 18, 3) + words[i - 7] + Mix(words[i - 2], 17, 19, 10);

        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        var (e, f, g, h) = (state[4], state[5], state[6], state[7]);
        for (var i = 0; i < words.Length; i++)
        {
            var choice = (e & f) ^ (~e & g);
            var majority = (a & b) ^ (a & c) ^ (b & c);
            var first = h + Turn(e, 6, 11, 25) + choice + Rounds[i] + words[i];
            var second = Turn(a, 2, 13, 22) + majority;
            (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
        }
        ReadOnlySpan<uint> mixed = [a, b, c, d, e, f, g, h];
        for (var i = 0; i < mixed.Length; i++)
            state[i] += mixed[i];
    }

    private static uint Mix(uint word, int turn, int otherTurn, int shift) =>
        BitOperations.RotateRight(word, turn) ^ BitOperations.RotateRight(word, otherTurn) ^ (word >> shift);

    private static uint Turn(uint word, int first, int second, int third) =>
        BitOperations.RotateRight(word, first)
        ^ BitOperations.RotateRight(word, second)
        ^ BitOperations.RotateRight(word, third);
}
