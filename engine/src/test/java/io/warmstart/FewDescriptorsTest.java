package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.VerifyReport;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that may open 256 files saved to 600 keys, one after the other: from the 200th on saves
 * failed with "Too many open files", or said that their durability was unknown, while the store
 * kept 200 directories open that no save was using.
 */
@Tag("slow")
class FewDescriptorsTest {
  private static final int LIMIT = 256;

  @TempDir Path parent;

  private String run(Class<?> main) throws Exception {
    try (ForkedJvm child =
        ForkedJvm.command(main, parent.toString())
            .through("bash", "-c", "ulimit -n " + LIMIT + "; exec \"$@\"", "bash")
            .flag("-XX:TieredStopAtLevel=1")
            .start()) {
      return child.awaitLine("result");
    }
  }

  /** What an application opens for itself asks no store. So it must find room without asking. */
  @Test
  void twoStoresSaveToHundredsOfKeysAndLeaveTheApplicationHalfOfTheDescriptors() throws Exception {
    String result = run(ManyKeys.class);

    String[] words = result.split(" ", -1);
    assertEquals("600", words[0], result);
    assertTrue(Integer.parseInt(words[1]) >= LIMIT / 2 - 40, "free for the application: " + result);
  }

  /** An application that has opened all that it may, while stores have idle descriptors. */
  @Test
  void whateverNeedsADescriptorGetsAnIdleOne() throws Exception {
    String result = run(FullTable.class);

    assertEquals("all done", result);
  }

  /** Takes all descriptors that are free. */
  private static List<AutoCloseable> takeAll() {
    List<AutoCloseable> taken = new ArrayList<>();
    while (true) {
      try {
        taken.add(new FileInputStream("/dev/null"));
      } catch (IOException e) {
        return taken;
      }
    }
  }

  private static void giveBack(List<AutoCloseable> taken) throws Exception {
    for (AutoCloseable each : taken) {
      each.close();
    }
  }

  /** Saves to many keys through two stores in turn. */
  static final class ManyKeys {
    private ManyKeys() {}

    public static void main(String[] args) throws Exception {
      Path parent = Path.of(args[0]);
      try (WarmStartStore one = WarmStartStore.open(parent.resolve("one"));
          WarmStartStore two = WarmStartStore.open(parent.resolve("two"))) {
        int saved = 0;
        int leastFree = LIMIT;
        for (int key = 0; key < 300; key++) {
          for (WarmStartStore store : List.of(one, two)) {
            store.saveOverwrite(
                Payloads.key("key " + key), "run", new byte[100], EntryAttributes.checkpoint());
            saved++;
          }
          if (key % 20 == 0) {
            List<AutoCloseable> free = takeAll();
            giveBack(free);
            leastFree = Math.min(leastFree, free.size());
          }
        }
        System.out.println("result " + saved + " " + leastFree);
      }
    }
  }

  /** Runs each operation in a process that has no descriptor left but the stores' idle ones. */
  static final class FullTable {
    private final Path parent;
    private final WarmStartStore store;
    private final WarmStartStore other;
    private int keys;

    private FullTable(Path parent, WarmStartStore store, WarmStartStore other) {
      this.parent = parent;
      this.store = store;
      this.other = other;
    }

    public static void main(String[] args) throws Exception {
      Path parent = Path.of(args[0]);
      try (WarmStartStore store = WarmStartStore.open(parent.resolve("store"));
          WarmStartStore other = WarmStartStore.open(parent.resolve("other"))) {
        new FullTable(parent, store, other).run();
      }
      System.out.println("result all done");
    }

    /** What is done, and what it needs that was done with room. */
    private record Operation(String name, Callable<?> preparation, Callable<?> work) {}

    private void run() throws Exception {
      Fingerprint key = Payloads.key("key");
      Callable<?> save = () -> save(store, key);
      List<Operation> operations =
          List.of(
              new Operation("save under a new key", () -> 0, () -> save(store, newKey())),
              new Operation("overwrite", save, save),
              new Operation(
                  "lookup", () -> save(store, key) + read(key) + save(store, key), () -> read(key)),
              new Operation("explain", save, () -> store.explain(key, Ranking.LATEST)),
              new Operation("contents", save, () -> store.contents(key)),
              new Operation("keys", save, store::keys),
              new Operation("evict", save, store::evictOverflow),
              new Operation("verify", save, this::verify),
              new Operation("quarantine", () -> damage(key), () -> miss(key)),
              new Operation("open", () -> 0, () -> open("third", StoreOptions.defaults())),
              new Operation(
                  "open to read",
                  () -> 0,
                  () -> open("other", StoreOptions.defaults().withReadOnly(true))));
      for (Operation each : operations) {
        // Once with room: to load a class takes a descriptor too, and those are the JVM's.
        each.preparation().call();
        each.work().call();
        each.preparation().call();
        // Another store's are as good.
        for (int save10 = 0; save10 < 10; save10++) {
          save(other, newKey());
        }
        List<AutoCloseable> taken = takeAll();
        try {
          each.work().call();
        } catch (Exception e) {
          System.out.println("result " + each.name() + ": " + e);
          throw e;
        } finally {
          giveBack(taken);
        }
      }
      if (!Files.exists(parent.resolve("third/.warmstart/locks"))) {
        System.out.println("result the lock file of the third store lies elsewhere");
      }
      try (Stream<Path> held = Files.list(store.root().resolve(".warmstart/quarantine"))) {
        long reasons = held.filter(file -> file.toString().endsWith("-reason")).count();
        if (reasons != 2) {
          System.out.println("result reasons in quarantine: " + reasons);
        }
      }
    }

    private Fingerprint newKey() {
      return Payloads.key("key " + keys++);
    }

    private static int save(WarmStartStore to, Fingerprint key) {
      to.saveOverwrite(key, "run", new byte[9], EntryAttributes.checkpoint());
      return 0;
    }

    private long read(Fingerprint key) {
      try (Entry entry = store.lookup(key).orElseThrow()) {
        return entry.payloadLength();
      }
    }

    private int verify() {
      VerifyReport report = store.repair();
      if (!report.clean()) {
        throw new IllegalStateException(report.toString());
      }
      return 0;
    }

    private int damage(Fingerprint key) throws IOException {
      save(store, key);
      store.flush();
      KeyFiles.of(store.root(), key)
          .editManifest("run", "\"schema_version\": 1", "\"schema_version\": 2");
      return 0;
    }

    private int miss(Fingerprint key) {
      if (store.lookup(key).isPresent()) {
        throw new IllegalStateException("a damaged entry was found");
      }
      return 0;
    }

    private int open(String name, StoreOptions options) {
      WarmStartStore.open(parent.resolve(name), options).close();
      return 0;
    }
  }
}
