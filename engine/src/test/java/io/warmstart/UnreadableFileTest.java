package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Explanation;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreException;
import io.warmstart.model.VerifyReport;
import io.warmstart.model.VerifyReport.Problem;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A manifest or a payload to which a user is denied the access. The message of the JDK's exception
 * is the path alone: that was given for the reason. Of a manifest a verification named the key, and
 * it looked at nothing else of that.
 */
@Timeout(60)
class UnreadableFileTest {
  private static final Fingerprint KEY = Payloads.key("k");

  @TempDir Path root;
  private volatile String denied = "none";

  /** Opens a file no more. */
  private final FileOps ops =
      new WatchedFileOps(
          new UnsyncedFileOps(),
          op -> {
            if (op.kind() == Kind.OPEN_FOR_READING && op.path().endsWith(denied)) {
              throw new AccessDeniedException(op.path().toString());
            }
          });

  private final StoreOptions options =
      StoreOptions.defaults()
          .withDurability(Durability.IN_FILES)
          .withFileOps(ops)
          .withForeignCheckInterval(Duration.ZERO);

  private Path file(String name) {
    return root.resolve(KEY.toHex()).resolve(name);
  }

  private void save(String... runIds) {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (String each : runIds) {
        store.saveOverwrite(KEY, each, new byte[10], EntryAttributes.checkpoint());
      }
    }
  }

  private static String reason(WarmStartStore store, String runId) {
    return store.explain(KEY, Ranking.LATEST).candidates().stream()
        .filter(each -> each.runId().equals(runId))
        .map(Explanation.Verdict::reason)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void anExplanationSaysWhyAndWhich() {
    save("r1");
    for (String each : List.of("manifest", "payload")) {
      String name = each.equals("manifest") ? "r1.json" : "r1.bin";
      denied = name;
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        assertEquals(
            each + " cannot be read: permission denied file=" + file(name), reason(store, "r1"));
      }
    }
  }

  @Test
  void aLookupThatFailsForAManifestNamesIt() {
    save("r1");
    denied = "r1.json";
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      String said =
          String.valueOf(assertThrows(StoreException.class, () -> store.lookup(KEY)).getMessage());
      assertTrue(
          said.endsWith("manifest cannot be read: permission denied file=" + file("r1.json")),
          said);
    }
  }

  @Test
  void aVerificationNamesTheManifestAndGoesOnWithTheKey() throws IOException {
    save("r1", "r2");
    Files.write(file("r2.bin"), new byte[3]);
    denied = "r1.json";
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      VerifyReport report = store.verify();

      List<String> found = report.problems().stream().map(Problem::path).toList();
      assertEquals(List.of("" + file("r1.json"), "" + file("r2.bin")), found);
      assertEquals("unreadable", report.problems().get(0).kind());
      assertEquals("permission denied", report.problems().get(0).detail());
    }
  }
}
