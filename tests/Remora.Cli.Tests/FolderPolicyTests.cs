using Remora.Server.Settings;

namespace Remora.Cli.Tests;

/// <summary>The policy in use is stored in the data folder.</summary>
public sealed class FolderPolicyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.File("data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_folder_gets_the_default_policy_and_keeps_it()
    {
        var settings = FolderPolicy.Keep(new(), Data);
        Assert.Equal(("remora-2", "remora-2"), (settings.DefaultPolicy, settings.PoliciesInOrder[0].Name));
        Assert.Equal("remora-2\n", File.ReadAllText(Path.Combine(Data, "policy")));
        Directory.CreateDirectory(Path.Combine(Data, "journal")); // as the store does
        Assert.Equal("remora-2", FolderPolicy.Keep(new(), Data).DefaultPolicy);
        Assert.Equal("remora-2", FolderPolicy.Of(Data));
    }

    [Fact]
    public void A_folder_of_an_older_version_keeps_its_policy()
    {
        Directory.CreateDirectory(Path.Combine(Data, "journal"));
        Assert.Equal("remora-1", FolderPolicy.Of(Data));
        var settings = FolderPolicy.Keep(new(), Data);
        Assert.Equal(("remora-1", "remora-1"), (settings.DefaultPolicy, settings.PoliciesInOrder[0].Name));
        Assert.Equal("remora-1\n", File.ReadAllText(Path.Combine(Data, "policy")));
        Assert.Equal("remora-1", FolderPolicy.Keep(new(), Data).DefaultPolicy);
    }

    [Fact]
    public void A_setting_wins_and_is_the_policy_in_use_from_then_on()
    {
        FolderPolicy.Keep(new(), Data);
        Assert.Equal("aggressive", FolderPolicy.Keep(new() { Policy = "aggressive" }, Data).DefaultPolicy);
        Assert.Equal("aggressive", FolderPolicy.Keep(new(), Data).DefaultPolicy);
    }

    [Fact]
    public void A_policy_that_is_missing_is_named_and_nothing_is_written()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, "policy"), "mine\n");
        var error = Assert.Throws<SettingsException>(() => FolderPolicy.Keep(new(), Data));
        Assert.Equal(
            $"{Path.Combine(Data, "policy")}: the policy in use was 'mine', which is missing: expected one of remora-2, "
                + "remora-1, conservative, aggressive; set policy to one of them",
            Assert.Single(error.Errors)
        );
        Assert.Equal("mine\n", File.ReadAllText(Path.Combine(Data, "policy")));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_does_not_stop_the_service()
    {
        // A file in place of the folder: root can write to any folder.
        File.WriteAllText(Data, "");
        Assert.Equal("remora-2", FolderPolicy.Keep(new(), Data).DefaultPolicy);
    }

    [Fact]
    public void Without_a_store_the_default_applies()
    {
        Assert.Equal("remora-2", FolderPolicy.Keep(new(), folder: null).DefaultPolicy);
        Assert.False(Directory.Exists(Data));
    }
}
