using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Commands;

/// <summary>Receiving and sending images, with progress.</summary>
internal static class ImageTransfer
{
    /// <summary>Receives an image.</summary>
    /// <param name="cmdlet">The cmdlet, on its pipeline's thread.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="name">The image's name.</param>
    /// <param name="platform">The platform; null for this machine's.</param>
    /// <param name="cancellation">Ends it, leaving nothing.</param>
    /// <returns>The image.</returns>
    public static ImageInfo Receive(Cmdlet cmdlet, ContainerEngine engine, string name, ImagePlatform? platform, CancellationToken cancellation)
    {
        using var registry = engine.OpenRegistry();
        var display = new TransferDisplay(cmdlet, $"Receiving {Formatting.Line(name)}");
        return display.Run(() => registry.Receive(name, platform, display, cancellation));
    }

    /// <summary>Sends an image.</summary>
    /// <param name="cmdlet">The cmdlet, on its pipeline's thread.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="name">The image.</param>
    /// <param name="target">The name it gets in the registry.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The digest that it has there.</returns>
    public static string Publish(Cmdlet cmdlet, ContainerEngine engine, string name, string target, CancellationToken cancellation)
    {
        using var registry = engine.OpenRegistry();
        var display = new TransferDisplay(cmdlet, $"Sending {Formatting.Line(target)}");
        return display.Run(() => registry.Publish(name, target, display, cancellation));
    }
}
