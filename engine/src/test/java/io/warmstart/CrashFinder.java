package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.CrashImage;
import io.warmstart.io.CrashingFileOps;
import io.warmstart.io.Trees;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.VerifyReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;

/** Finds a root as a crash left it, in one of three ways, and says whether the promise was kept. */
final class CrashFinder {
  /** Later than any writer in flight needs. */
  private static final EpochNanoClock LATER =
      () -> FaultScenario.AHEAD.nanoTime() + TimeUnit.HOURS.toNanos(1);

  /** Who meets the image first. */
  enum Finder {
    LOOKUP,
    SWEEP,
    REPAIR
  }

  private final Path work;
  private final Finder finder;
  private int images;

  CrashFinder(Path work, Finder finder) {
    this.work = work;
    this.finder = finder;
  }

  /** How many images were found. */
  int images() {
    return images;
  }

  /** Finds every image, with and without the mapped file. */
  void findAll(CrashingFileOps ops, Map<String, Set<String>> allowed) throws IOException {
    Map<CrashImage, byte[]> controlFile = ops.controlFile();
    for (Map.Entry<CrashImage, String> each : ops.images().entrySet()) {
      CrashImage image = each.getKey();
      find(image, null, each.getValue(), allowed);
      byte[] mapped = controlFile.get(image);
      if (mapped != null) {
        find(image, mapped, each.getValue(), allowed);
        // After a power cut, whatever of it had reached the disk by itself.
        find(image, new byte[mapped.length], each.getValue() + ", zeros", allowed);
      }
    }
  }

  private void find(
      CrashImage image,
      byte @org.jspecify.annotations.Nullable [] controlFile,
      String where,
      Map<String, Set<String>> allowed)
      throws IOException {
    images++;
    Path root = work.resolve("image");
    image.writeTo(root);
    if (controlFile != null) {
      Path engineDirectory = Files.createDirectories(root.resolve(".warmstart"));
      Files.write(engineDirectory.resolve("coordination"), controlFile);
    }
    try {
      find(root, allowed);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          where
              + (controlFile == null ? "" : ", with the mapped file")
              + image
              + "\nleft: "
              + RootFiles.read(root),
          e);
    }
    Trees.delete(root);
  }

  private void find(Path root, Map<String, Set<String>> allowed) throws IOException {
    StoreOptions options =
        StoreOptions.defaults().withClock(LATER).withFileOps(new UnsyncedFileOps());
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      switch (finder) {
        case LOOKUP -> {}
        case SWEEP -> {
          assertEquals(0, store.evictOverflow().failures());
          assertSettled(RootFiles.read(root), allowed);
        }
        case REPAIR -> {
          for (VerifyReport.Problem problem : store.repair().problems()) {
            assertTrue(problem.repaired(), problem::toString);
          }
          assertSettled(RootFiles.read(root), allowed);
        }
      }
      for (Fingerprint key : store.keys()) {
        FaultMatrix.checkLookup(store, key, allowed);
      }
      store.evictOverflow();
      VerifyReport report = store.verify();
      assertTrue(report.clean(), () -> "after everything: " + report.problems());
      assertSettled(RootFiles.read(root), allowed);
    }
  }

  private static void assertSettled(RootFiles files, Map<String, Set<String>> allowed) {
    assertEquals(Map.of(), files.broken);
    assertEquals(List.of(), files.staged);
    FaultMatrix.checkVersions(files, allowed);
  }
}
