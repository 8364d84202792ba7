package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A root on which another process saves into its journal. */
abstract class JournallingProcessFixture extends JournalFixture {
  ForkedJvm start(String what, String key, Durability durability, int number) throws IOException {
    return ForkedJvm.start(
        JournallingProcess.class, what, root.toString(), key, durability.name(), number + "");
  }

  /** Has a process that counts save, once it is ready; returns its last version. */
  static int letSave(ForkedJvm child) throws Exception {
    child.awaitLine("ready");
    child.tell();
    return Integer.parseInt(child.awaitLine("saved"));
  }

  /** The version of a key, whole. */
  static int version(WarmStartStore store, Fingerprint key) {
    try (Entry entry = store.lookupLatest(key).orElseThrow()) {
      int version = (int) entry.iteration().orElseThrow();
      assertEquals("v" + version, Versions.nameOf(entry));
      return version;
    }
  }

  List<Path> segments() throws IOException {
    Path journal = root.resolve(".warmstart/journal");
    try (var files = Files.list(journal)) {
      return files.toList();
    }
  }

  int pairOf(Fingerprint key) throws IOException {
    byte[] payload = Files.readAllBytes(root.resolve(key.toHex()).resolve("r.bin"));
    String name = Versions.nameOf(payload);
    return name.equals(Versions.MIXTURE) ? -1 : Integer.parseInt(name.substring(1));
  }
}
