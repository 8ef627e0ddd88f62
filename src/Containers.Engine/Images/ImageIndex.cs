namespace Containers.Engine.Images;

/// <summary>Changes of the index's entries.</summary>
internal static class ImageIndex
{
    /// <summary>
    /// Adds an entry. A name that it takes from another image leaves that one without, unless it has another name; what is there without a name of
    /// the same manifest becomes this entry.
    /// </summary>
    /// <param name="present">The index's entries.</param>
    /// <param name="entry">The new entry.</param>
    /// <returns>The new entries.</returns>
    public static List<OciDescriptor> With(IReadOnlyList<OciDescriptor> present, OciDescriptor entry)
    {
        var result = new List<OciDescriptor>(present.Count + 1);
        bool isNeeded = entry.Name is not null || !present.Any(other => other.Digest == entry.Digest && other.Name is not null && other.Origin == entry.Origin);
        foreach (OciDescriptor other in present)
        {
            if (other.Name is null ? other.Digest == entry.Digest && isNeeded : other.Name == entry.Name)
            {
                bool loses = other.Name is not null && other.Digest != entry.Digest
                    && !present.Any(third => third.Digest == other.Digest && third.Name != other.Name);
                if (loses)
                {
                    result.Add(other.WithName(null));
                }
            }
            else
            {
                result.Add(other);
            }
        }

        if (isNeeded)
        {
            result.Add(entry);
        }

        return result;
    }
}
