using System.Security.Cryptography;

namespace Remora.Tests;

/// <summary>The hash of ids equals the base library's.</summary>
public sealed class Sha256Tests
{
    [Fact]
    public void It_equals_the_base_library_for_every_length_around_its_blocks()
    {
        var random = new Random(1);
        for (var length = 0; length <= 300; length++)
        {
            var content = new byte[length];
            random.NextBytes(content);
            Assert.Equal(SHA256.HashData(content), Sha256.Hash(content));
        }
    }

    [Fact]
    public void It_equals_the_standards_example() =>
        Assert.Equal(
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            Convert.ToHexStringLower(Sha256.Hash("abc"u8))
        );
}
