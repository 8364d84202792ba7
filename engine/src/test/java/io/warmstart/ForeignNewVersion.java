package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A root with an entry, and a new version of it with a program that takes no lock. */
abstract class ForeignNewVersion {
  static final Fingerprint KEY = Payloads.key("overwritten");
  static final String RUN = "run";

  private final int newLength;

  @TempDir Path parent;
  Path root;
  HalfPublished newVersion;

  /** The old version has a payload of 60 bytes. */
  ForeignNewVersion(int newLength) {
    this.newLength = newLength;
  }

  @BeforeEach
  void saveOld() {
    root = parent.resolve("root");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(KEY, RUN, Versions.payload("old", 60), EntryAttributes.checkpoint());
    }
    newVersion =
        HalfPublished.of(
            parent.resolve("workshop"), root, KEY, RUN, Versions.payload("new", newLength));
  }

  /** A file of the run. */
  final Path file(String suffix) {
    return root.resolve(KEY.toHex()).resolve(RUN + suffix);
  }

  /** Until each later change of the old version shows another change time. */
  final void awaitOld() throws IOException {
    OldEnough.await(root.resolve(KEY.toHex()), file(".bin"), file(".json"));
  }

  /**
   * That uses can go by without what is counted; a machine that is late may disturb nine of ten.
   */
  static void assertUncounted(AtomicInteger counted, Runnable uses) {
    for (int attempt = 0; attempt < 10; attempt++) {
      counted.set(0);
      uses.run();
      if (counted.get() == 0) {
        break;
      }
    }
    assertEquals(0, counted.get());
  }

  static String version(WarmStartStore store) {
    return version(store, Ranking.LOWEST_OBJECTIVE);
  }

  static String version(WarmStartStore store, Ranking ranking) {
    try (Entry entry = store.lookup(KEY, ranking).orElse(null)) {
      return entry == null ? "nothing" : Versions.nameOf(entry);
    }
  }
}
