// What a container, or a mount, uses of the image store: what it is called, its image, and the chain ids of its layers.
global using ImageUse = (string ContainerName, string ImageId, System.Collections.Generic.IReadOnlyList<string> Layers);
