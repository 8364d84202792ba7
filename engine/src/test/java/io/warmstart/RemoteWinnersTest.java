package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Acknowledgement;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.KeyContents;
import io.warmstart.model.Ranking;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After a look at the remote each lookup finds here what it would find if all had come. */
@Timeout(120)
class RemoteWinnersTest extends RemoteFixture {
  private static EntryAttributes there(double objective) {
    return objective(objective).withAcknowledgement(Acknowledgement.REMOTE);
  }

  private static List<String> runsOf(WarmStartStore store) {
    return store.contents(KEY).entries().stream().map(KeyContents.Listed::runId).sorted().toList();
  }

  /** It stayed, and won, since the later version of its run wins nothing and did not come. */
  @Test
  void aVersionThatIsSupersededThereIsAnsweredNoMore() {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      one.saveOverwrite(KEY, "seven", new byte[] {1}, there(1));
      assertTrue(other.refresh(KEY));
      other.saveOverwrite(KEY, "seven", new byte[] {2}, there(5));
      other.saveOverwrite(KEY, "eight", new byte[] {3}, there(2));
      other.saveOverwrite(KEY, "nine", new byte[] {4}, there(9));

      assertTrue(one.refresh(KEY));

      assertEquals(3, valueOf(one.lookup(KEY)));
      assertEquals(4, valueOf(one.lookup(KEY, Ranking.LATEST)));
      assertEquals(2, valueOf(one.lookup(KEY, "seven")));
      assertFalse(one.refresh(KEY));
    }
  }

  @Test
  void aFinalResultThatWasTakenBackIsNone() {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      one.saveOverwrite(
          KEY,
          "run",
          new byte[] {1},
          EntryAttributes.finalResult()
              .withObjective(1)
              .withAcknowledgement(Acknowledgement.REMOTE));
      assertTrue(other.refresh(KEY));
      other.saveOverwrite(KEY, "run", new byte[] {2}, there(7));
      other.saveOverwrite(KEY, "best", new byte[] {3}, there(0));

      assertTrue(one.refresh(KEY));
      assertEquals(3, valueOf(one.lookup(KEY, Ranking.FINAL_FIRST)));
    }
  }

  @Test
  void whatHasExpiredHereHidesNothingThatIsThere() {
    SteppedClock clock = new SteppedClock();
    StoreOptions options =
        StoreOptions.defaults().withClock(clock).withTtl(Duration.ofHours(1)).withRemote(remote);
    try (WarmStartStore other = WarmStartStore.open(work.resolve("other"), options)) {
      other.saveOverwrite(KEY, "old", new byte[] {1}, objective(1));
      clock.advance(Duration.ofHours(2));
      try (WarmStartStore one = WarmStartStore.open(work.resolve("one"), options)) {
        one.saveOverwrite(KEY, "good", new byte[] {2}, there(2));
        one.saveOverwrite(KEY, "later", new byte[] {3}, there(3));
      }
      assertTrue(other.refresh(KEY));
      assertEquals(2, valueOf(other.lookup(KEY)));
    }
  }

  @Test
  void aManifestWithoutItsPayloadKeepsNothingAway() throws Exception {
    Path root = work.resolve("one");
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "only", new byte[] {7}, there(2));
    }
    try (Stream<Path> files = Files.walk(root)) {
      Files.delete(files.filter(each -> each.endsWith("only.bin")).findAny().orElseThrow());
    }
    try (WarmStartStore one = machine("one")) {
      assertTrue(one.refresh(KEY));
      assertEquals(7, valueOf(one.lookup(KEY)));
      assertEquals(List.of("only"), runsOf(one));
    }
  }

  /** What had come under its long id was looked for under the short one, and the rest fetched. */
  @ParameterizedTest
  @ValueSource(ints = {20, 120})
  void whatWinsNothingDoesNotCome(int length) {
    String run = "x".repeat(length);
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      one.saveOverwrite(KEY, run, new byte[] {1}, there(9));
      assertEquals(1, valueOf(other.lookup(KEY, run)));
      for (int loser = 0; loser < 3; loser++) {
        other.saveOverwrite(KEY, "loser-" + loser, new byte[] {2}, there(5 + loser));
      }
      other.saveOverwrite(KEY, run, new byte[] {3}, there(1));

      assertTrue(one.refresh(KEY));

      assertEquals(List.of(run), runsOf(one));
      assertEquals(3, valueOf(one.lookup(KEY)));
    }
  }

  /** Of more than 111 characters another one stands there. */
  @ParameterizedTest
  @ValueSource(ints = {111, 112, 128})
  void aRunIdOfAnyLengthStaysOneRun(int length) {
    String run = "x".repeat(length);
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      one.saveOverwrite(KEY, run, new byte[] {1}, there(1));
      assertEquals(1, valueOf(other.lookup(KEY, run)));
      other.saveOverwrite(KEY, run, new byte[] {2}, there(5));

      assertTrue(one.refresh(KEY));

      assertEquals(List.of(run), runsOf(one));
      assertEquals(2, valueOf(one.lookup(KEY)));
      assertTrue(one.remove(KEY, run));
      assertEquals(List.of(), runsOf(one));
    }
  }
}
