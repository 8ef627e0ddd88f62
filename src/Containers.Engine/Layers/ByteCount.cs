namespace Containers.Engine.Layers;

/// <summary>Shows sizes in messages.</summary>
internal static class ByteCount
{
    private static readonly string[] Units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A size in its fitting unit: <c>1.5 GiB</c>.</summary>
    /// <param name="bytes">The size.</param>
    /// <returns>Text for a message.</returns>
    public static string Show(long bytes)
    {
        int unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return $"{value:0.#} {Units[unit]}";
    }
}
