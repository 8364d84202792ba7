package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.Payloads;
import io.warmstart.WarmStartStore;
import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes under one kernel that do not see the same boot id, or none. */
@Tag("slow")
@Timeout(120)
class BootIdsTest {
  @TempDir Path parent;

  /**
   * A container had a boot id of its own. Each process took the other's files for those of an
   * earlier boot and made them again, at every heartbeat; of 17,900 lookups in a second 100 were
   * left.
   */
  @Test
  void processesWithTwoBootIdsKeepOneIndexAndSeeEachOther() throws Exception {
    Path id = Files.writeString(parent.resolve("id"), "01234567-89ab-cdef-0123-456789abcdef\n");
    assertKeepOneIndex("mount --bind " + id + " /proc/sys/kernel/random/boot_id");
  }

  @Test
  void aProcessThatSeesNoBootIdSharesTheIndexOfOneThatDoes() throws Exception {
    assertKeepOneIndex("mount -t tmpfs none /proc/sys");
  }

  /** What no process uses may be from before a reboot: nothing tells that it is not. */
  @Test
  void whereNoBootIdIsSeenNoFileThatNobodyUsesIsTrusted() throws Exception {
    Path missing = parent.resolve("missing");
    assertTrue(BootId.read(missing) != BootId.read(missing));
    Path empty = Files.createFile(parent.resolve("empty"));
    assertTrue(BootId.read(empty) != BootId.read(empty), "as where the file is masked");
  }

  private void assertKeepOneIndex(String mount) throws Exception {
    Path root = Files.createDirectory(parent.resolve("root"));
    String script = mount + " && exec \"$0\" \"$@\"";
    Assumptions.assumeTrue(
        run("unshare", "--mount", "bash", "-c", mount),
        "mounts in a namespace of its own: not here");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      save(store, "here", 0);
      try (ForkedJvm other =
          ForkedJvm.command(Elsewhere.class, root.toString())
              .through("unshare", "--mount", "bash", "-c", script)
              .start()) {
        other.awaitLine("ready");
        assertEquals(2, store.stats().liveProcesses());
        Object controlFile = identity(root.resolve(".warmstart/coordination"));
        Object index = identity(root.resolve(".warmstart/index"));
        // Over several heartbeats of both.
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        int round = 0;
        while (round < 3 || System.nanoTime() - end < 0) {
          save(store, "here", ++round);
          other.tell();
          assertEquals(String.valueOf(round), other.awaitLine("found"));
          try (Entry entry = store.lookup(Payloads.key("there")).orElseThrow()) {
            assertEquals(round, entry.payload().getInt(0));
          }
        }
        assertEquals(2, store.stats().liveProcesses());
        assertEquals("2", other.awaitLine("live"));
        assertEquals(controlFile, identity(root.resolve(".warmstart/coordination")));
        assertEquals(index, identity(root.resolve(".warmstart/index")));
        assertEquals(1, store.stats().count(StoreCounter.REBUILDS));
      }
    }
  }

  private static void save(WarmStartStore store, String name, int round) {
    store.saveOverwrite(
        Payloads.key(name),
        "r",
        new byte[] {(byte) round, (byte) (round >> 8), 0, 0},
        EntryAttributes.checkpoint());
  }

  private static Object identity(Path file) throws IOException {
    return Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
  }

  private static boolean run(String... command) throws Exception {
    return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  /** Looks up what the other has saved, and saves itself, each time it is told. */
  static final class Elsewhere {
    private Elsewhere() {}

    public static void main(String[] args) throws Exception {
      WarmStartStore store = WarmStartStore.open(Path.of(args[0]));
      save(store, "there", 0);
      System.out.println("ready");
      for (int round = 1; ; round++) {
        ForkedJvm.awaitParent();
        save(store, "there", round);
        try (Entry entry = store.lookup(Payloads.key("here")).orElseThrow()) {
          System.out.println("found " + entry.payload().getInt(0));
          System.out.println("live " + store.stats().liveProcesses());
        }
      }
    }
  }
}
