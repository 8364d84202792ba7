package io.warmstart.stress.original;

import io.warmstart.stress.original.Disk.Version;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What lies in key directories, through two caches: manifests by their version and their payload's,
 * and whole directories by their modification time.
 *
 * <p>A scan clears away what it takes for broken as it passes: other processes' temporary files,
 * manifests that do not parse or lack their payload, other schema versions, what has expired.
 */
final class Listings {
  static final String MANIFEST_SUFFIX = ".json";
  static final String PAYLOAD_SUFFIX = ".bin";
  static final String TEMPORARY = ".tmp.";
  static final String EXPIRED = "expired";

  /** A pair that a scan has found whole, by name and size. */
  record Pair(
      Path manifestPath,
      Path payloadPath,
      Version manifestVersion,
      Version payloadVersion,
      OriginalManifest manifest) {
    long bytes() {
      return manifestVersion.length() + payloadVersion.length();
    }
  }

  private record Parsed(Version manifestVersion, long payloadLength, OriginalManifest manifest) {}

  private record Listing(FileTime mtime, List<Pair> pairs) {}

  private final long ttlNanos;
  private final LongSupplier clock;
  private final BiConsumer<Path, String> removed;
  private final Map<Path, Parsed> parsed = new HashMap<>();
  private final Map<Path, Listing> listings = new HashMap<>();

  /**
   * The directories of one store.
   *
   * @param removed told of each manifest whose pair this store has removed, and why
   */
  Listings(long ttlNanos, LongSupplier clock, BiConsumer<Path, String> removed) {
    this.ttlNanos = ttlNanos;
    this.clock = clock;
    this.removed = removed;
  }

  static Path payloadOf(Path manifest) {
    return withSuffix(manifest, PAYLOAD_SUFFIX);
  }

  static Path withSuffix(Path manifest, String suffix) {
    String name = manifest.getFileName().toString();
    return manifest.resolveSibling(
        name.substring(0, name.length() - MANIFEST_SUFFIX.length()) + suffix);
  }

  boolean expired(long writtenNanos) {
    return ttlNanos > 0 && Math.max(0, clock.getAsLong() - writtenNanos) >= ttlNanos;
  }

  /** The pairs of a key directory that have not expired. */
  List<Pair> scan(Path directory) {
    Version version = Disk.version(directory);
    if (version == null) {
      return List.of();
    }
    List<Pair> known = known(directory, version);
    return known == null ? walk(directory, version) : unexpired(directory, known);
  }

  private @Nullable List<Pair> known(Path directory, Version version) {
    Listing listing;
    synchronized (this) {
      listing = listings.get(directory);
    }
    if (listing == null || !listing.mtime().equals(version.mtime())) {
      return null;
    }
    for (Pair pair : listing.pairs()) {
      if (!pair.manifestVersion().equals(Disk.version(pair.manifestPath()))
          || !pair.payloadVersion().equals(Disk.version(pair.payloadPath()))) {
        return null;
      }
    }
    return listing.pairs();
  }

  private List<Pair> unexpired(Path directory, List<Pair> pairs) {
    List<Pair> left = new ArrayList<>(pairs.size());
    for (Pair pair : pairs) {
      if (expired(pair.manifest().writtenNanosSinceEpoch())) {
        removePair(pair.manifestPath(), EXPIRED);
      } else {
        left.add(pair);
      }
    }
    if (left.size() < pairs.size()) {
      remember(directory, Disk.version(directory), left);
    }
    return left;
  }

  private List<Pair> walk(Path directory, Version version) {
    List<Pair> pairs = new ArrayList<>();
    boolean removed = false;
    try (DirectoryStream<Path> names = Files.newDirectoryStream(directory)) {
      for (Path path : names) {
        String name = path.getFileName().toString();
        if (name.contains(TEMPORARY)) {
          removed |= removeForeignTemporary(path, name);
        } else if (name.endsWith(MANIFEST_SUFFIX)) {
          Version manifestVersion = Disk.version(path);
          if (manifestVersion != null) {
            Pair pair = resolve(path, manifestVersion);
            if (pair == null) {
              removed = true;
            } else {
              pairs.add(pair);
            }
          }
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return pairs;
    }
    remember(directory, removed ? Disk.version(directory) : version, pairs);
    return pairs;
  }

  /** The pair of a manifest; null if it was taken for broken and removed. */
  private @Nullable Pair resolve(Path manifestPath, Version manifestVersion) {
    Path payloadPath = payloadOf(manifestPath);
    Version payloadVersion = Disk.version(payloadPath);
    if (payloadVersion == null) {
      // The manifest alone: a payload that is renamed into place at this moment stays.
      if (Disk.removeHoping(manifestPath)) {
        removed.accept(manifestPath, "no payload was there");
      }
      forget(manifestPath);
      return null;
    }
    OriginalManifest manifest;
    try {
      manifest = read(manifestPath, manifestVersion, payloadVersion);
    } catch (IOException e) {
      // Unreadable is broken there, so it is here.
      removePair(manifestPath, "its manifest could not be read");
      return null;
    }
    if (manifest.schemaVersion() != OriginalManifest.SCHEMA_VERSION) {
      removePair(manifestPath, "another schema version");
      return null;
    }
    if (expired(manifest.writtenNanosSinceEpoch())) {
      removePair(manifestPath, EXPIRED);
      return null;
    }
    return new Pair(manifestPath, payloadPath, manifestVersion, payloadVersion, manifest);
  }

  /** A temporary file that names no process stays, and so does one of this process. */
  private static boolean removeForeignTemporary(Path path, String name) {
    String tail = name.substring(name.indexOf(TEMPORARY) + TEMPORARY.length());
    String pid = tail.contains(".") ? tail.substring(0, tail.indexOf('.')) : tail;
    try {
      if (Integer.toUnsignedLong(Integer.parseUnsignedInt(pid)) == ProcessHandle.current().pid()) {
        return false;
      }
    } catch (NumberFormatException e) {
      return false;
    }
    Disk.removeHoping(path);
    return true;
  }

  private OriginalManifest read(Path path, Version version, Version payloadVersion)
      throws IOException {
    synchronized (this) {
      Parsed known = parsed.get(path);
      if (known != null
          && known.manifestVersion().equals(version)
          && known.payloadLength() == payloadVersion.length()) {
        return known.manifest();
      }
    }
    OriginalManifest manifest = OriginalManifest.ofJson(Files.readAllBytes(path));
    synchronized (this) {
      parsed.put(path, new Parsed(version, payloadVersion.length(), manifest));
    }
    return manifest;
  }

  /** After a save: reads the manifest back, and forgets the directory's listing. */
  void saved(Path manifestPath) {
    Version manifestVersion = Disk.version(manifestPath);
    Version payloadVersion = Disk.version(payloadOf(manifestPath));
    if (manifestVersion == null || payloadVersion == null) {
      return;
    }
    try {
      read(manifestPath, manifestVersion, payloadVersion);
    } catch (IOException e) {
      // Ignored there, so ignored here: the next scan meets it again.
      return;
    }
    synchronized (this) {
      listings.remove(manifestPath.getParent());
    }
  }

  void removePair(Path manifestPath, String reason) {
    boolean manifestRemoved = Disk.removeHoping(manifestPath);
    boolean payloadRemoved = Disk.removeHoping(payloadOf(manifestPath));
    if (manifestRemoved || payloadRemoved) {
      removed.accept(manifestPath, reason);
    }
    forget(manifestPath);
  }

  synchronized void forget(Path manifestPath) {
    parsed.remove(manifestPath);
    listings.remove(manifestPath.getParent());
  }

  synchronized void forgetListing(Path directory) {
    listings.remove(directory);
  }

  synchronized void forgetKey(Path directory) {
    parsed.keySet().removeIf(path -> path.startsWith(directory));
    listings.remove(directory);
  }

  private synchronized void remember(Path directory, @Nullable Version version, List<Pair> pairs) {
    if (version != null) {
      listings.put(directory, new Listing(version.mtime(), List.copyOf(pairs)));
    }
  }
}
