using System.Globalization;

namespace Containers.Shell;

/// <summary>
/// The invariant culture, except that it has a language. Without globalisation data .NET has no other culture, and PowerShell wraps
/// lines between words only where the culture of the thread is of one of a few languages; elsewhere it cuts words in two.
/// </summary>
internal sealed class EnglishCulture() : CultureInfo("")
{
    /// <inheritdoc/>
    public override string TwoLetterISOLanguageName => "en";
}
