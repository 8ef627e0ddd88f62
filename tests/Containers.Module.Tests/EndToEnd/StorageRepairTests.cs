namespace Containers.Module.Tests.EndToEnd;

public sealed class StorageRepairTests : IDisposable
{
    private static readonly string Nobody = new('b', 64);
    private readonly EngineSessionFixture _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void What_is_out_of_order_is_listed_by_WhatIf_and_mended_without_it()
    {
        Assert.Empty(_engine.Run("$null = New-Container host -Name kept -- true; Repair-ContainerStorage").Output);
        Directory.CreateDirectory(Path.Combine(_engine.Root, "run", "containers", Nobody));
        File.CreateSymbolicLink(Path.Combine(_engine.Root, "state", "names", "stale"), new string('c', 64));

        var listed = Repair("-WhatIf");
        Assert.Equal(
            [(ContainerRepairKind.Container, Nobody[..12], false), (ContainerRepairKind.Name, "stale", false)],
            listed.ConvertAll(one => (one.Kind, one.Name, one.IsRepaired)));
        Assert.Equal(("the session that made or removed it died half way", "remove the container"), (listed[0].Problem, listed[0].Action));
        Assert.All(Repair("-Confirm:$false"), one => Assert.True(one.IsRepaired, one.Problem));
        Assert.Empty(Repair(string.Empty));
        Assert.Equal(["kept"], _engine.Run("Get-Container").Lines);
        Assert.Equal(["kept"], Directory.GetFileSystemEntries(Path.Combine(_engine.Root, "state", "names")).Select(Path.GetFileName));
    }

    [Fact]
    public void A_container_with_a_damaged_document_is_told_and_removed_only_by_Force()
    {
        var id = ((Container)_engine.Run("New-Container host -Name damaged -- true").Single).Id;
        File.WriteAllText(Path.Combine(_engine.Root, "state", "containers", id, "container.json"), "{");

        var told = Assert.Single(Repair(string.Empty));
        Assert.Equal(("damaged", id, false), (told.Name, told.Id, told.IsRepaired));
        Assert.Equal(("its document cannot be read", "remove the container with all its files (only with -Force)"), (told.Problem, told.Action));
        Assert.True(Assert.Single(Repair("-Force")).IsRepaired);
        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    private List<ContainerRepair> Repair(string arguments) =>
        [.. _engine.Run($"Repair-ContainerStorage {arguments}").Output.Select(one => (ContainerRepair)one.BaseObject)];
}
