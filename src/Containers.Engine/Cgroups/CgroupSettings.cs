using Containers.Engine.Runtime;

namespace Containers.Engine.Cgroups;

/// <summary>What is asked of the controllers for one container.</summary>
/// <param name="Limits">The limits; null values are left as they are.</param>
/// <param name="Devices">The devices it may use; null leaves them as they are.</param>
internal readonly record struct CgroupSettings(ResourceLimits Limits, DevicePolicy? Devices);
