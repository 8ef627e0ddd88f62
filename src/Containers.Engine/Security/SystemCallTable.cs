using System.Globalization;

namespace Containers.Engine.Security;

/// <summary>The names and numbers of one ABI's system calls.</summary>
internal sealed class SystemCallTable
{
    /// <summary>Numbers from here on are ARM's private ones (__ARM_NR_BASE), apart from the growing table.</summary>
    internal const uint ArmPrivateBase = 0xF0000;

    private const string ResourceName = "Containers.Engine.Security.syscalls.txt";

    private static readonly Lazy<SystemCallTable[]> Tables = new(ReadTables);

    private readonly Dictionary<string, uint> _numbers = new(StringComparer.Ordinal);
    private readonly HashSet<uint> _known = [];

    private SystemCallTable()
    {
    }

    /// <summary>Every name with its number; several names may share one.</summary>
    internal IReadOnlyDictionary<string, uint> Numbers => _numbers;

    /// <summary>The table of an ABI.</summary>
    /// <param name="abi">The ABI.</param>
    /// <returns>Its table.</returns>
    internal static SystemCallTable Of(SystemCallAbi abi) => Tables.Value[(int)abi];

    /// <summary>Whether the number has a name here.</summary>
    /// <param name="number">A system call's number.</param>
    /// <returns>False for holes and for what is newer than this table.</returns>
    internal bool IsKnown(uint number) => _known.Contains(number);

    private static SystemCallTable[] ReadTables()
    {
        using Stream stream = typeof(SystemCallTable).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new EngineException(EngineErrorReason.Internal, ResourceName, $"The engine was built without its resource {ResourceName}.");
        using var reader = new StreamReader(stream);
        SystemCallTable[] tables = [new(), new(), new(), new()];
        Span<Range> fields = stackalloc Range[6];
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            ReadOnlySpan<char> text = line;
            if (text.Split(fields, ' ') != tables.Length + 1)
            {
                throw new EngineException(EngineErrorReason.Internal, ResourceName, $"A line of {ResourceName} is not of five fields: '{line}'.");
            }

            string name = text[fields[0]].ToString();
            for (int i = 0; i < tables.Length; i++)
            {
                ReadOnlySpan<char> field = text[fields[i + 1]];
                if (field is not "-")
                {
                    uint number = uint.Parse(field, NumberStyles.None, CultureInfo.InvariantCulture);
                    tables[i]._numbers.Add(name, number);
                    tables[i]._known.Add(number);
                }
            }
        }

        return tables;
    }
}
