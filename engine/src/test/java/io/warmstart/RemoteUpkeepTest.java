package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.ClaimState;
import io.warmstart.model.RemoteCheck;
import io.warmstart.model.RemoteSweepReport;
import io.warmstart.model.StoreException;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is done to a remote that belongs to no root. */
@Timeout(120)
class RemoteUpkeepTest extends RemoteFixture {
  private static final String EARLIER = ".0000000000000001.";

  @Test
  void aRemoteThatDoesWhatItMustPassesAndKeepsNothingOfTheCheck() throws Exception {
    RemoteCheck check = RemoteUpkeep.check(remote);
    assertTrue(check.passed(), check::toString);
    assertEquals(6, check.steps().size());
    assertEquals(List.of(), objects());
  }

  /** It was told not to use the remote, and that nothing could go there. */
  @Test
  void anInterruptSaysNothingAgainstARemote() throws Exception {
    try (WarmStartStore one = machine("one")) {
      String run = one.save(KEY, new byte[] {1}, objective(1));
      Thread.currentThread().interrupt();

      RemoteCheck check = RemoteUpkeep.check(remote);
      SyncReport report = one.sync(remote, SyncDirection.BOTH, List.of(), false);
      RemoteSweepReport sweep = RemoteUpkeep.sweep(remote, false);
      boolean removed = one.remove(KEY, run);

      assertTrue(Thread.interrupted(), "the interrupt is handed on");
      assertTrue(check.passed(), check::toString);
      assertEquals(List.of(), report.problems());
      assertEquals(2, sweep.objects());
      assertTrue(removed);
      assertEquals(List.of(), objects());
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void aRemoteThatIsNotThereHasFailed() throws Exception {
    place.takeAway();
    RemoteCheck check = RemoteUpkeep.check(remote);
    assertFalse(check.passed());
    assertFalse(check.steps().get(0).passed());
    StoreException failure =
        assertThrows(StoreException.class, () -> RemoteUpkeep.sweep(remote, false));
    assertTrue(failure.toString().contains("cannot be swept: "), failure::toString);
    assertThrows(
        IllegalArgumentException.class, () -> RemoteUpkeep.sweep(remote.withReadOnly(true), false));
    place.bringBack();
  }

  @Test
  void aSweepRemovesWhatIsSupersededAndNoEntry() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      one.saveOverwrite(KEY, "other", new byte[] {2}, objective(2));
      assertTrue(one.flushRemote(LONG));
    }
    List<String> entries = objects();
    String run = KEY.toHex() + "/run" + EARLIER;
    put(run + "bin", new byte[] {1});
    put(run + "json", new byte[] {'{', '}'});
    // Its manifest may be on its way, and those are a copy of a root's.
    String young = KEY.toHex() + "/young" + EARLIER + "bin";
    String plain = KEY.toHex() + "/plain.bin";
    put(young, new byte[] {1});
    put(plain, new byte[] {1});
    List<String> before = objects();

    RemoteSweepReport dry = RemoteUpkeep.sweep(remote, true);
    assertEquals(List.of(run + "json", run + "bin"), dry.superseded());
    assertEquals(List.of(), dry.abandoned());
    assertEquals(8, dry.objects());
    assertEquals(before, objects());

    RemoteSweepReport swept = RemoteUpkeep.sweep(remote, false);
    assertEquals(dry.superseded(), swept.superseded());
    assertEquals(
        Stream.concat(entries.stream(), Stream.of(young, plain)).sorted().toList(), objects());
    assertEquals(0, RemoteUpkeep.sweep(remote, false).superseded().size());
  }

  @Test
  @SuppressWarnings("try")
  void aSweepLeavesClaimsThatMayBeHeld() throws Exception {
    try (WarmStartStore one = machine("one");
        Claim held = one.claim(KEY)) {
      assertEquals(List.of(), RemoteUpkeep.sweep(remote, false).claims());
      assertEquals(1, objects().size());
      try (WarmStartStore two = machine("two");
          Claim others = two.claim(KEY)) {
        assertEquals(ClaimState.OTHERS, others.state());
      }
    }
  }
}
