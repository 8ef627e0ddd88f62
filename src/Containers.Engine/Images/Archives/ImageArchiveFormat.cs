namespace Containers.Engine.Images.Archives;

/// <summary>What an export writes.</summary>
public enum ImageArchiveFormat
{
    /// <summary>A tar archive that docker load and every other tool reads: an OCI layout with Docker's manifest.json beside. Zstd layers are decompressed.</summary>
    Docker,

    /// <summary>An OCI image layout as a tar archive, every blob as it is.</summary>
    Oci,

    /// <summary>An OCI image layout as a folder.</summary>
    OciFolder,
}
