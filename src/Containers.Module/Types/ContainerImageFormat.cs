namespace Containers;

/// <summary>What Export-ContainerImage writes.</summary>
public enum ContainerImageFormat
{
    /// <summary>A tar archive that docker load and every other tool reads.</summary>
    Docker,

    /// <summary>An OCI image layout as a tar archive.</summary>
    Oci,

    /// <summary>An OCI image layout as a folder.</summary>
    OciFolder,
}
