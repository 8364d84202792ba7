package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.testing.Await;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One process has a claim: until it gives it back, dies, or loses its locks. */
@Tag("slow")
@Timeout(120)
class ClaimingProcessesTest {
  @TempDir Path root;
  private final Fingerprint key = Payloads.key("claimed");

  @Test
  void ofTwoProcessesOneHasItAndTheOtherInheritsIt() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        ForkedJvm other = ForkedJvm.start(Claimer.class, root.toString())) {
      assertEquals("MINE", other.awaitLine("state"));
      long pid = Long.parseLong(other.awaitLine("pid"));
      try (Claim claim = store.claim(key)) {
        assertEquals(ClaimState.OTHERS, claim.state());
        assertEquals(OptionalLong.of(pid), claim.holder());
        other.stop();
        assertEquals(
            ClaimState.OTHERS, claim.await(Duration.ofMillis(50)), "a stopped one is alive");

        other.kill();

        assertEquals(ClaimState.MINE, claim.await(ClaimTest.LONG));
      }
    }
  }

  @Test
  void theFinalOfAnotherProcessEndsTheWait() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        ForkedJvm other = ForkedJvm.start(Claimer.class, root.toString(), "final")) {
      assertEquals("MINE", other.awaitLine("state"));
      try (Claim claim = store.claim(key)) {
        assertEquals(ClaimState.OTHERS, claim.state());
        other.tell();
        assertEquals(ClaimState.FINISHED, claim.await(ClaimTest.LONG));
        assertTrue(store.session(key).completed().isPresent());
      }
    }
  }

  /** Both computed then, and the first was told so. */
  @Test
  void whoLosesItToAnotherIsTold() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        ForkedJvm other = ForkedJvm.start(Claimer.class, root.toString(), "drop")) {
      assertEquals("MINE", other.awaitLine("state"));
      try (Claim claim = store.claim(key)) {
        other.tell();
        assertEquals(ClaimState.MINE, claim.await(ClaimTest.LONG));
        assertEquals("OTHERS true", other.awaitLine("then"));
        String told = other.awaitLine("told");
        assertTrue(told.contains(key.toHex()), told);
        assertFalse(claim.lost());
      }
    }
  }

  /** Claims the key and keeps it; what it was told to do then, it does when told. */
  static final class Claimer {
    private Claimer() {}

    private static boolean ofClaim(String text) {
      return text.startsWith("LOCKS a claim of this process was lost");
    }

    public static void main(String[] args) throws Exception {
      Path root = Path.of(args[0]);
      List<String> told = new CopyOnWriteArrayList<>();
      StoreListener listener =
          new StoreListener() {
            @Override
            public void trouble(StoreTrouble trouble) {
              told.add(trouble.kind() + " " + trouble.text());
            }
          };
      WarmStartStore store =
          WarmStartStore.open(root, StoreOptions.defaults().withListener(listener));
      Fingerprint key = Payloads.key("claimed");
      Claim claim = store.claim(key);
      System.out.println("state " + claim.state());
      System.out.println("pid " + ProcessHandle.current().pid());
      ForkedJvm.awaitParent();
      switch (args.length < 2 ? "" : args[1]) {
        case "final" -> store.save(key, new byte[9], EntryAttributes.finalResult());
        case "drop" -> {
          long own = ProcessHandle.current().pid();
          // The next heartbeat takes it back, unless the other one is faster.
          while (claim.holder().orElse(own) == own) {
            FileChannel.open(root.resolve(".warmstart/locks")).close();
            Thread.sleep(1);
          }
          Await.until("it knows", claim::lost);
          System.out.println("then " + claim.state() + " " + claim.lost());
          Await.until("it is told", () -> told.stream().anyMatch(Claimer::ofClaim));
          System.out.println("told " + told.stream().filter(Claimer::ofClaim).toList());
        }
        default -> {}
      }
      ForkedJvm.untilKilled();
    }
  }
}
