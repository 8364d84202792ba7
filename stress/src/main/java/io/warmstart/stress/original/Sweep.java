package io.warmstart.stress.original;

import io.warmstart.stress.original.Disk.Version;
import io.warmstart.stress.original.Listings.Pair;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The sweep that brings the root within its budget, at a store's first save and every 32nd, and in
 * version 0.3.122 whenever the counted bytes pass it.
 *
 * <p>It walks nothing while the bytes that this store has counted fit and the root's modification
 * time is as the last sweep left it.
 */
final class Sweep {
  private static final long EVERY_SAVES = 32;
  private static final long ASSUMED_MANIFEST_BYTES = 512;

  private static final Comparator<Pair> ORDER =
      Comparator.<Pair, Boolean>comparing(pair -> pair.manifest().accessed())
          .thenComparing(pair -> pair.manifest().writtenNanosSinceEpoch())
          .thenComparing(Pair::manifestPath);

  /** That of version 0.3.122, which knows no access. */
  private static final Comparator<Pair> OLDEST_FIRST =
      Comparator.comparing(pair -> pair.manifest().writtenNanosSinceEpoch());

  private final OriginalStore.Version version;
  private final Path root;
  private final long budgetBytes;
  private final Listings listings;
  private final AtomicLong countedBytes = new AtomicLong();
  private final AtomicLong saves = new AtomicLong();
  private volatile @Nullable FileTime rootMtimeAtSweep;

  Sweep(OriginalStore.Version version, Path root, long budgetBytes, Listings listings) {
    this.version = version;
    this.root = root;
    this.budgetBytes = budgetBytes;
    this.listings = listings;
  }

  void afterSave(long payloadBytes) {
    long counted = countedBytes.addAndGet(payloadBytes + ASSUMED_MANIFEST_BYTES);
    boolean passed = version == OriginalStore.Version.V0_3_122 && counted > budgetBytes;
    if (saves.getAndIncrement() % EVERY_SAVES == 0 || passed) {
      run();
    }
  }

  void run() {
    Version before = Disk.version(root);
    if (before != null
        && countedBytes.get() <= budgetBytes
        && before.mtime().equals(rootMtimeAtSweep)) {
      return;
    }
    List<Pair> pairs;
    try {
      pairs = walk();
    } catch (IOException | DirectoryIteratorException e) {
      // Ignored there, so ignored here: the save that came before stands.
      return;
    }
    long bytes = pairs.stream().mapToLong(Pair::bytes).sum();
    if (bytes <= budgetBytes) {
      countedBytes.set(bytes);
      Version after = Disk.version(root);
      if (after != null) {
        rootMtimeAtSweep = after.mtime();
      }
      return;
    }
    pairs.sort(version == OriginalStore.Version.V0_3_122 ? OLDEST_FIRST : ORDER);
    for (Pair pair : pairs) {
      if (bytes <= budgetBytes) {
        break;
      }
      listings.removePair(pair.manifestPath(), "over its budget");
      bytes -= pair.bytes();
    }
    countedBytes.set(bytes);
  }

  private List<Pair> walk() throws IOException {
    List<Pair> pairs = new ArrayList<>();
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(root)) {
      for (Path directory : directories) {
        if (Files.isDirectory(directory)) {
          List<Pair> found = listings.scan(directory);
          pairs.addAll(found);
          if (found.isEmpty() && isEmpty(directory)) {
            Disk.removeHoping(directory);
            listings.forgetListing(directory);
          }
        }
      }
    }
    return pairs;
  }

  private static boolean isEmpty(Path directory) {
    try (DirectoryStream<Path> names = Files.newDirectoryStream(directory)) {
      return !names.iterator().hasNext();
    } catch (IOException | DirectoryIteratorException e) {
      return false;
    }
  }
}
