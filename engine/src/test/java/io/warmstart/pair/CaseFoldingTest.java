package io.warmstart.pair;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.KeyFiles;
import io.warmstart.Payloads;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * On a file system that does not tell upper from lower case a save of {@code trial-A} renamed its
 * files over those of {@code trial-a}: two acknowledged entries, one of them gone.
 */
@Tag("slow")
class CaseFoldingTest {
  @TempDir Path parent;
  private final Fingerprint key = Payloads.key("case");
  private @Nullable String device;
  private Path mount;
  private Path root;

  @BeforeEach
  void mountFoldingFileSystem() throws Exception {
    Assumptions.assumeTrue(
        (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0,
        "mounting a file system takes the superuser");
    Path image = parent.resolve("image");
    mount = Files.createDirectory(parent.resolve("mount"));
    run("truncate", "-s", "64M", image.toString());
    device = run("losetup", "-f", "--show", image.toString());
    Assumptions.assumeTrue(device != null, "this container has no loop devices");
    Assumptions.assumeTrue(
        run("mkfs.exfat", device) != null && run("mount.exfat-fuse", device, "" + mount) != null,
        "needs mkfs.exfat of exfatprogs and mount.exfat-fuse of exfat-fuse");
    root = mount.resolve("root");
  }

  @AfterEach
  void unmount() throws Exception {
    if (device != null) {
      run("umount", mount.toString());
      run("losetup", "-d", device);
    }
  }

  /**
   * What a command says; null if it fails or is not there. To a file: the mount goes on running.
   */
  private @Nullable String run(String... command) throws IOException, InterruptedException {
    Path said = parent.resolve("said");
    try {
      int exit =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start()
              .waitFor();
      return exit == 0 ? Files.readString(said).strip() : null;
    } catch (IOException e) {
      return null;
    }
  }

  @Test
  void aRunWhoseNameDiffersInCaseOnlyIsRefusedAndTheOtherStays() throws Exception {
    byte[] lower = {1};
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(key, "trial-a", lower, EntryAttributes.checkpoint());

      StoreException refused =
          assertThrows(
              StoreException.class,
              () -> store.saveOverwrite(key, "trial-A", new byte[2], EntryAttributes.checkpoint()));

      String said = String.valueOf(refused.getMessage());
      assertTrue(said.contains("run=trial-A other=trial-a"), said);
      assertEquals(List.of("trial-a.bin", "trial-a.json"), KeyFiles.of(root, key).names());
      store.saveOverwrite(key, "trial-a", lower, EntryAttributes.checkpoint());
      store.saveOverwrite(key, "trial-b.", new byte[3], EntryAttributes.checkpoint());
      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertEquals("trial-b.", entry.runId());
      }
      assertEquals(2, store.inspect().entries());
      assertTrue(store.verify().clean());
    }
  }

  /** A sweep, which knows keys by their names, would never count what is saved in it. */
  @Test
  void aKeyDirectoryThatIsSpelledInUpperCaseIsNotSavedTo() throws Exception {
    Files.createDirectories(root.resolve(key.toHex().toUpperCase(Locale.ROOT)));
    try (WarmStartStore store = WarmStartStore.open(root)) {
      StoreException refused =
          assertThrows(
              StoreException.class,
              () -> store.save(key, new byte[1], EntryAttributes.checkpoint()));

      String said = String.valueOf(refused.getMessage());
      assertTrue(said.contains("expected=" + key.toHex()), said);
    }
  }

  @Test
  void whereCaseIsToldApartBothRunsAreKept() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(parent.resolve("other"))) {
      store.saveOverwrite(
          key, "trial-a", new byte[] {1}, EntryAttributes.checkpoint().withObjective(1));
      store.saveOverwrite(
          key, "trial-A", new byte[] {2}, EntryAttributes.checkpoint().withObjective(2));

      assertEquals(2, store.inspect().entries());
      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertArrayEquals(new byte[] {1}, Payloads.bytes(entry));
      }
    }
  }
}
