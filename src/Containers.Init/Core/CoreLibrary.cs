// The helper has no runtime: this is the whole core library that the C# compiler and ILC ask for. Nothing here may
// grow a body that needs memory management, type checks or static initialisers; docs/helper.md tells the subset.
#pragma warning disable
namespace System
{
    public class Object
    {
        private IntPtr methodTable;
    }

    public struct Void { }
    public struct Boolean { }
    public struct Char { }
    public struct SByte { }
    public struct Byte { }
    public struct Int16 { }
    public struct UInt16 { }
    public struct Int32 { public const int MaxValue = 0x7fffffff; }
    public struct UInt32 { public const uint MaxValue = 0xffffffff; }
    public struct Int64 { public const long MaxValue = 0x7fffffffffffffff; }
    public struct UInt64 { public const ulong MaxValue = 0xffffffffffffffff; }
    public struct IntPtr { }
    public struct UIntPtr { }
    public struct Single { }
    public struct Double { }
    public abstract class ValueType { }
    public abstract class Enum : ValueType { }
    public struct Nullable<T> where T : struct { }

    public sealed class String
    {
        public readonly int Length;
    }

    public abstract class Array { }
    internal class Array<T> : Array { }
    public abstract class Delegate { }
    public abstract class MulticastDelegate : Delegate { }
    public struct RuntimeTypeHandle { }
    public struct RuntimeMethodHandle { }
    public struct RuntimeFieldHandle { }
    public class Attribute { }
    public class Exception { }
    public class Type { }
    public enum AttributeTargets { All = 0x7fff }

    public sealed class AttributeUsageAttribute : Attribute
    {
        public AttributeUsageAttribute(AttributeTargets targets) { }
        public bool AllowMultiple { get; set; }
        public bool Inherited { get; set; }
    }

    public sealed class ParamArrayAttribute : Attribute { }
    public sealed class FlagsAttribute : Attribute { }

    /// <summary>Only u8 literals are of this type: their bytes are constant data of the image, with a NUL behind.</summary>
    public readonly ref struct ReadOnlySpan<T>
    {
        private readonly ref T reference;
        private readonly int length;

        public unsafe ReadOnlySpan(void* pointer, int length)
        {
            reference = ref *(T*)pointer;
            this.length = length;
        }

        public ReadOnlySpan(T[] array, int start, int length) => this = default;

        public int Length => length;

        public ref T GetPinnableReference() => ref reference;
    }

    // ILC calls these by name for copies and zeroing of larger structs.
    internal static class Buffer
    {
        private static void BulkMoveWithWriteBarrier(ref byte destination, ref byte source, nuint count) { }
    }

    internal static unsafe class SpanHelpers
    {
        private static void Memmove(ref byte destination, ref byte source, nuint count)
        {
            fixed (byte* d = &destination)
            fixed (byte* s = &source)
            {
                if (d <= s)
                {
                    for (nuint i = 0; i < count; i++)
                    {
                        d[i] = s[i];
                    }
                }
                else
                {
                    for (nuint i = count; i-- > 0;)
                    {
                        d[i] = s[i];
                    }
                }
            }
        }

        private static void Fill(ref byte destination, byte value, nuint count)
        {
            fixed (byte* d = &destination)
            {
                for (nuint i = 0; i < count; i++)
                {
                    d[i] = value;
                }
            }
        }

        private static void ClearWithoutReferences(ref byte destination, nuint count) => Fill(ref destination, 0, count);
    }
}

namespace System.Reflection
{
    public sealed class DefaultMemberAttribute : Attribute
    {
        public DefaultMemberAttribute(string name) { }
    }
}

namespace System.Runtime
{
    public sealed class RuntimeExportAttribute : Attribute
    {
        public RuntimeExportAttribute(string symbol) { }
    }

    public sealed class RuntimeImportAttribute : Attribute
    {
        public RuntimeImportAttribute(string symbol) { }
    }
}

namespace System.Runtime.CompilerServices
{
    public static class RuntimeHelpers
    {
        public static unsafe int OffsetToStringData => sizeof(nint) + sizeof(int);
    }

    public static class RuntimeFeature
    {
        public const string UnmanagedSignatureCallingConvention = nameof(UnmanagedSignatureCallingConvention);
        public const string ByRefFields = nameof(ByRefFields);
        public const string VirtualStaticsInInterfaces = nameof(VirtualStaticsInInterfaces);
        public const string NumericIntPtr = nameof(NumericIntPtr);
    }

    public enum MethodImplOptions { NoInlining = 8, AggressiveInlining = 256, InternalCall = 4096 }

    public sealed class MethodImplAttribute : Attribute
    {
        public MethodImplAttribute(MethodImplOptions options) { }
    }

    public sealed class SkipLocalsInitAttribute : Attribute { }
    public sealed class IsReadOnlyAttribute : Attribute { }
    public sealed class IsByRefLikeAttribute : Attribute { }
    public sealed class IsUnmanagedAttribute : Attribute { }
    public sealed class UnsafeValueTypeAttribute : Attribute { }
    public sealed class CompilerGeneratedAttribute : Attribute { }

    public sealed class CompilerFeatureRequiredAttribute : Attribute
    {
        public CompilerFeatureRequiredAttribute(string feature) { }
        public bool IsOptional { get; set; }
    }

    public sealed class FixedBufferAttribute : Attribute
    {
        public FixedBufferAttribute(Type element, int length) { }
    }

    public sealed class CompilationRelaxationsAttribute : Attribute
    {
        public CompilationRelaxationsAttribute(int relaxations) { }
    }

    public sealed class RuntimeCompatibilityAttribute : Attribute
    {
        public bool WrapNonExceptionThrows { get; set; }
    }
}

namespace System.Runtime.InteropServices
{
    public sealed class InAttribute : Attribute { }
    public sealed class UnmanagedType { }
    public enum LayoutKind { Sequential = 0, Explicit = 2, Auto = 3 }
    public enum CharSet { None = 1, Ansi = 2 }

    public sealed class StructLayoutAttribute : Attribute
    {
        public StructLayoutAttribute(LayoutKind kind) { }
        public int Size;
        public int Pack;
        public CharSet CharSet;
    }
}

namespace Internal.Runtime.CompilerHelpers
{
    internal static class StartupCodeHelpers
    {
        [System.Runtime.RuntimeExport("RhpReversePInvoke")]
        private static void ReversePInvoke(System.IntPtr frame) { }

        [System.Runtime.RuntimeExport("RhpReversePInvokeReturn")]
        private static void ReversePInvokeReturn(System.IntPtr frame) { }
    }

    internal static class ThrowHelpers
    {
        // arm64 has no trap for it, so that the compiler checks divisors itself.
        private static void ThrowDivideByZeroException() => Containers.Init.Entry.Exit(134);
    }

    internal static class StackProtector
    {
        // A method's guard value was overwritten: nothing on this stack can be trusted any more.
        [System.Runtime.RuntimeExport("RhpFallbackFailFast")]
        private static void Fail() => Containers.Init.Entry.Exit(134);
    }
}

internal static class Program
{
    // ILC wants a Main; the ELF's entry is _start, which calls Entry.Start (cmain).
    private static void Main() { }
}
