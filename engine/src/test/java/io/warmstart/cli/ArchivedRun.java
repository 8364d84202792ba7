package io.warmstart.cli;

import io.warmstart.Entry;
import io.warmstart.Reservation;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.model.StoreCounter;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Does what most processes of the tests do, so that the build has the classes for their archive.
 */
final class ArchivedRun {
  private static final byte[] PAYLOAD = new byte[1000];

  /** A save goes into files until the journal has its segments; those come in milliseconds. */
  private static final int MOST_SAVES = 10_000;

  private ArchivedRun() {}

  /** The argument is a root that is not there yet. */
  public static void main(String[] arguments) throws Exception {
    Path root = Path.of(arguments[0]);
    for (Durability durability : Durability.values()) {
      StoreOptions options = StoreOptions.defaults().withDurability(durability);
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        use(store);
      }
    }
    Path payload = root.resolveSibling(root.getFileName() + "-payload");
    Files.write(payload, PAYLOAD);
    command("save", root, "text:a", payload, "--objective", "1.5", "--json");
    command("lookup", root, "text:a", "--out", "-", "--json");
    command("ls", root);
    command("stat", root, "--json");
    command("key", "a");
    // It ends the JVM.
    Main.main(new String[] {"verify", root.toString()});
  }

  private static void use(WarmStartStore store) {
    Fingerprint key = new Fingerprinter().absorbString("test", "archived").finish();
    long journalled = store.stats().count(StoreCounter.JOURNALLED);
    for (int save = 0; save < MOST_SAVES; save++) {
      store.saveOverwrite(key, "r", PAYLOAD, EntryAttributes.checkpoint().withIteration(save));
      if (store.options().durability() == Durability.IN_FILES
          || store.stats().count(StoreCounter.JOURNALLED) > journalled) {
        break;
      }
    }
    try (Reservation reserved = store.reserve(key, 100, EntryAttributes.checkpoint())) {
      reserved.commit();
    }
    for (int lookup = 0; lookup < 3; lookup++) {
      try (Entry entry = store.lookup(key).orElseThrow()) {
        entry.bytes();
      }
    }
    store.flush();
    store.contents(key);
    store.evictOverflow();
    store.verify();
  }

  private static void command(Object... arguments) {
    CommandRun run = CommandRun.of(arguments);
    if (run.exitCode() != ExitCodes.DONE) {
      throw new IllegalStateException(run.err());
    }
  }
}
