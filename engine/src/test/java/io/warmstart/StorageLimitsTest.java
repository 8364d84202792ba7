package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that are full, read-only, out of inodes or not ours: lookups work, saves say why not. */
@Tag("slow")
class StorageLimitsTest {
  private static final byte[] SMALL = {1, 2, 3};
  private static final byte[] LARGE = new byte[4 * 1024 * 1024];

  @TempDir Path parent;
  private final Fingerprint key = Payloads.key("storage limits");
  private Path mount;
  private Path root;

  @BeforeEach
  void mountSmallFileSystem() throws Exception {
    Assumptions.assumeTrue(userId() == 0, "mounting a file system takes the superuser");
    mount = Files.createDirectory(parent.resolve("mount"));
    int mounted =
        run("mount", "-t", "tmpfs", "-o", "size=4m,nr_inodes=60", "none", mount.toString());
    Assumptions.assumeTrue(mounted == 0, "this container does not allow mounts");
    root = mount.resolve("root");
  }

  @AfterEach
  void unmount() throws Exception {
    if (mount != null && Files.exists(mount)) {
      run("umount", "-l", mount.toString());
    }
  }

  private static int userId() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private String saveSmall(WarmStartStore store) {
    return store.save(key, SMALL, EntryAttributes.checkpoint().withObjective(1));
  }

  private void assertSmallIsFound(WarmStartStore store) {
    try (Entry entry = store.lookup(key).orElseThrow()) {
      assertArrayEquals(SMALL, Payloads.bytes(entry));
    }
  }

  @Test
  void aRootOnAReadOnlyMountIsLookedUpButNotOpenedForWriting() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      saveSmall(store);
    }
    // A second, read-only view: the first is busy until the garbage collector drops the mapping.
    Path view = Files.createDirectory(parent.resolve("view"));
    assertEquals(0, run("mount", "--bind", mount.toString(), view.toString()));
    try {
      assertEquals(0, run("mount", "-o", "remount,bind,ro", view.toString()));
      assertOnlyLookupsWork(view.resolve("root"));
    } finally {
      run("umount", "-l", view.toString());
    }
  }

  private void assertOnlyLookupsWork(Path root) throws IOException {
    ReadOnlyStoreException refused =
        assertThrows(ReadOnlyStoreException.class, () -> WarmStartStore.open(root));
    assertTrue(String.valueOf(refused.getMessage()).contains(root.toString()));
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
      assertSmallIsFound(store);
      assertSmallIsFound(store);
      assertEquals(1, store.inspect().entries());
      assertTrue(store.explain(key, Ranking.LATEST).winner().isPresent());
      assertTrue(store.verify().clean());
      store.flush();
      assertThrows(ReadOnlyStoreException.class, () -> saveSmall(store));
      assertThrows(ReadOnlyStoreException.class, store::evictOverflow);
      assertThrows(ReadOnlyStoreException.class, () -> store.repair());
    }
  }

  @Test
  void aFullDiskFailsTheSaveAndKeepsTheOldVersionAndTheLookups() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      String runId = saveSmall(store);
      StorageFullException full =
          assertThrows(
              StorageFullException.class,
              () -> store.saveOverwrite(key, runId, LARGE, EntryAttributes.checkpoint()));
      assertTrue(String.valueOf(full.getMessage()).contains("nothing was changed"));
      assertThrows(
          StorageFullException.class, () -> store.save(key, LARGE, EntryAttributes.checkpoint()));

      assertSmallIsFound(store);
      assertEquals(List.of(runId + ".bin", runId + ".json"), KeyFiles.of(root, key).names());
      saveSmall(store);
      assertEquals(2, store.inspect().entries());
    }
  }

  /**
   * There is room for the version in place and for the next one. What the save before has replaced
   * waits to be freed a little longer than its save takes, and must not be missing here.
   */
  @Test
  void overwritesOnASmallDiskDoNotFailForWantOfWhatTheyHaveReplaced() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      saveSmall(store);
      int room = (int) (Files.getFileStore(mount).getUsableSpace() / 5 * 2);
      for (int overwrite = 0; overwrite < 50; overwrite++) {
        store.saveOverwrite(key, "large", new byte[room], EntryAttributes.checkpoint());
      }
      assertEquals(2, store.inspect().entries());
    }
  }

  /** On a disk without room for the reason either, a bad pair stays, and its runner-up is found. */
  @Test
  void onAFullDiskTheRunnerUpOfABadEntryIsFound() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(key, "bad", SMALL, EntryAttributes.checkpoint().withObjective(0));
      saveSmall(store);
      KeyFiles.of(root, key).writePayload("bad", "tampered");
      fill();
      assertSmallIsFound(store);
      assertSmallIsFound(store);
    }
  }

  @Test
  void aDiskWithoutInodesFailsTheSaveAndKeepsTheLookups() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      saveSmall(store);
      Path others = Files.createDirectory(mount.resolve("others"));
      StorageFullException full =
          assertThrows(
              StorageFullException.class,
              () -> {
                for (int file = 0; file < 100; file++) {
                  saveSmall(store);
                }
              });
      assertTrue(String.valueOf(full.getMessage()).contains("nothing was changed"));
      assertSmallIsFound(store);
      Files.delete(others);
      assertTrue(store.verify().clean());
    }
  }

  /** A hole in a mapped file on a full disk kills the JVM that touches it. */
  @Test
  void aRootOnAFullDiskIsNotOpenedForWritingButLookedUp() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      saveSmall(store);
    }
    MappedFiles.awaitNoneUnder(root);
    Files.delete(root.resolve(".warmstart").resolve("coordination"));
    fill();
    assertThrows(StorageFullException.class, () -> WarmStartStore.open(root));
    assertThrows(StorageFullException.class, () -> WarmStartStore.open(mount.resolve("new")));
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
      assertSmallIsFound(store);
    }
  }

  private void fill() throws IOException {
    Path filler = mount.resolve("filler");
    try (var out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(new byte[4096]);
      }
    } catch (IOException e) {
      // Full.
    }
  }

  /** The superuser without capabilities: permissions bind it like everybody. */
  @Test
  void aRootThatMayOnlyBeReadIsLookedUpAndAFileThatMayNotIsAnErrorAndNoMiss() throws Exception {
    String runId;
    try (WarmStartStore store = WarmStartStore.open(root)) {
      runId = saveSmall(store);
    }
    KeyFiles files = KeyFiles.of(root, key);
    permit(files.payload(runId), "---------");
    permit(root, "r-xr-xr-x");
    try (ForkedJvm unprivileged = forkUnprivileged()) {
      String refused = unprivileged.awaitLine("writing");
      assertTrue(refused.startsWith("io.warmstart.model.ReadOnlyStoreException"), refused);
      String failed = unprivileged.awaitLine("reading");
      assertTrue(failed.startsWith("io.warmstart.model.StoreException"), failed);
      assertTrue(failed.contains("permission denied"), failed);
    }
    permit(files.payload(runId), "r--r--r--");
    try (ForkedJvm unprivileged = forkUnprivileged()) {
      assertEquals("3 bytes", unprivileged.awaitLine("reading"));
    }
  }

  private static void permit(Path file, String permissions) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private ForkedJvm forkUnprivileged() throws IOException {
    return ForkedJvm.command(Unprivileged.class, root.toString())
        .through("setpriv", "--bounding-set=-all", "--inh-caps=-all")
        .start();
  }

  /** Tries to open a root for writing, and then to look it up. */
  static final class Unprivileged {
    private Unprivileged() {}

    public static void main(String[] args) {
      Path root = Path.of(args[0]);
      try (WarmStartStore store = WarmStartStore.open(root)) {
        System.out.println("writing opened " + store.root());
      } catch (StoreException e) {
        System.out.println("writing " + e);
      }
      try (WarmStartStore store =
              WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true));
          Entry entry = store.lookup(Payloads.key("storage limits")).orElseThrow()) {
        System.out.println("reading " + entry.payloadLength() + " bytes");
      } catch (StoreException e) {
        System.out.println("reading " + e);
      }
    }
  }
}
