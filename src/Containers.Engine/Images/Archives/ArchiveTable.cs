using System.Text;
using Containers.Engine.Layers;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images.Archives;

/// <summary>The table of an archive's entries: where in a file the content of each lies. The file is the archive itself, or what was spooled of it.</summary>
/// <param name="file">The file; stays the caller's unless <paramref name="owner"/> is given.</param>
/// <param name="owner">Disposed with the table, or null.</param>
internal sealed class ArchiveTable(SafeFileHandle file, IDisposable? owner) : ArchiveFiles
{
    /// <summary>Entries of an archive. Docker's older format has four for each of at most some hundred layers of each image.</summary>
    private const int MostEntries = 65_536;

    private const int MostLinks = 16;

    /// <summary>Characters of one path, which bounds what the table takes in memory. Real ones stay under 100.</summary>
    private const int LongestPath = 512;

    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>Adds an entry.</summary>
    /// <param name="path">Its path in the plain form.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="offset">Where its content begins in the file.</param>
    /// <exception cref="EngineException">InvalidData for a second entry of that path, LimitExceeded.</exception>
    public void Add(string path, TarEntry entry, long offset)
    {
        Entry made = entry.Kind switch
        {
            TarEntryKind.Folder => Entry.Folder,
            TarEntryKind.Regular => new Entry(offset, entry.StoredSize, null, entry.Pieces is not null),
            TarEntryKind.Symlink => new Entry(0, 0, ArchivePath.Resolve(path, Encoding.UTF8.GetString(entry.LinkName)) ?? throw ArchiveError.Refused(entry.Name, "it is a symbolic link out of the archive"), false),
            TarEntryKind.HardLink => new Entry(0, 0, ArchivePath.Normalize(entry.LinkName, ExtractionLimits.Default), false),
            _ => throw ArchiveError.Refused(entry.Name, "it is a device or a pipe, which no image archive holds"),
        };
        if (path.Length > LongestPath || made.Target?.Length > LongestPath)
        {
            throw ImageArchiveError.Limit($"a path in it is longer than {LongestPath} characters");
        }

        if (!entries.TryAdd(path, made) && !(made == Entry.Folder && entries[path] == Entry.Folder))
        {
            throw ArchiveError.Refused(entry.Name, "the archive has two entries of that name, and which one counts would depend on who reads it");
        }

        if (entries.Count > MostEntries)
        {
            throw ImageArchiveError.Limit($"it has more than {MostEntries} entries");
        }
    }

    /// <inheritdoc/>
    public override ArchiveFile? Find(string path)
    {
        string at = path;
        for (int links = 0; links <= MostLinks; links++)
        {
            if (!entries.TryGetValue(at, out Entry? entry))
            {
                return links == 0 ? null : throw ImageArchiveError.Wrong($"its link '{ImageArchiveError.Show(path)}' leads to '{ImageArchiveError.Show(at)}', which is not there");
            }

            if (entry.Target is not null)
            {
                at = entry.Target;
                continue;
            }

            if (entry == Entry.Folder)
            {
                return null;
            }

            return entry.IsSparse
                ? throw ImageArchiveError.Unsupported($"its file '{ImageArchiveError.Show(path)}' is stored as a sparse one; make the archive without that (GNU tar: no --sparse)")
                : new ArchiveFile(path, entry.Size, () => new FileRegion(file, entry.Offset, entry.Size));
        }

        throw ImageArchiveError.Wrong($"its link '{ImageArchiveError.Show(path)}' leads over more than {MostLinks} others, or in a circle");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            owner?.Dispose();
        }
    }

    private sealed record Entry(long Offset, long Size, string? Target, bool IsSparse)
    {
        public static Entry Folder { get; } = new(-1, 0, null, false);
    }
}
