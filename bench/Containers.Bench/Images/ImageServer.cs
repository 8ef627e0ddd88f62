using System.Diagnostics;
using System.Globalization;
using Containers.Engine;
using Containers.Engine.Images;
using Containers.Engine.Images.Archives;
using Containers.Engine.Registry;

namespace Containers.Bench;

/// <summary>The engine under test as a coprocess that does one work on an image for each letter it is sent.</summary>
internal static class ImageServer
{
    internal const char Load = 'l', Pull = 'p', Push = 'P', Save = 's', Unpack = 'u', Clear = 'c';

    /// <summary>Serves until standard input ends.</summary>
    /// <param name="argument">Archive, layout, name in the registry and file to save to, separated by a vertical line.</param>
    internal static void Serve(string argument)
    {
        string[] parts = argument.Split('|');
        (string archive, string layout, string remote, string saved) = (parts[0], parts[1], parts[2], parts[3]);
        using ContainerEngine engine = ContainerEngine.Open();
        var archives = new ImageArchives(engine.Images);
        using ImageRegistry registry = engine.OpenRegistry();
        for (int request = Console.In.Read(); request >= 0; request = Console.In.Read())
        {
            try
            {
                // What was collected of the run before does not count, and the kernel starts anew with the highest mark (proc_pid_clear_refs(5)).
                GC.Collect();
                File.WriteAllText("/proc/self/clear_refs", "5");
                long from = Stopwatch.GetTimestamp();
                Do((char)request);
                long time = (long)Stopwatch.GetElapsedTime(from).TotalNanoseconds;
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ok {time} {MemoryRow.PeakOf(Environment.ProcessId)}"));
            }
            catch (Exception error)
            {
                Console.Out.WriteLine($"failed {error.GetBaseException().Message.ReplaceLineEndings(" ")}");
            }

            Console.Out.Flush();
        }

        void Do(char request)
        {
            switch (request)
            {
                case Load:
                    using (FileStream stream = File.OpenRead(archive))
                    {
                        _ = archives.Import(stream, new ImageImportOptions(), null, CancellationToken.None);
                    }

                    break;
                case Unpack:
                    _ = archives.ImportFolder(layout, new ImageImportOptions { Name = remote }, null, CancellationToken.None);
                    break;
                case Pull:
                    _ = registry.Receive(remote, null, null, CancellationToken.None);
                    break;
                case Push:
                    _ = registry.Publish(remote, null, null, CancellationToken.None);
                    break;
                case Save:
                    archives.Export([remote], ImageArchiveFormat.Docker, saved, force: true, null, CancellationToken.None);
                    break;
                default:
                    foreach (ImageInfo image in engine.Images.List().Where(static image => !image.IsBuiltIn))
                    {
                        engine.Images.Remove(image.Name ?? image.Id, force: true);
                    }

                    break;
            }
        }
    }
}
