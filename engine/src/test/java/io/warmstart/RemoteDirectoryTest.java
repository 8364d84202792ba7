package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Acknowledgement;
import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RemoteSweepReport;
import io.warmstart.model.StoreException;
import io.warmstart.model.SyncDirection;
import io.warmstart.remote.RemoteSweepFlow;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is so of a remote because it is a directory. */
@Timeout(120)
class RemoteDirectoryTest extends RemoteFixture {
  private Path directory() {
    return Path.of(place.url());
  }

  @Test
  void aRemoteThatWasMadeAnewGetsAll() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(one.flushRemote(LONG));
    }
    Files.move(directory(), work.resolve("away"));
    Files.createDirectory(directory());
    try (WarmStartStore one = machine("one")) {
      assertTrue(one.flushRemote(LONG));
      assertEquals(2, objects().size());
      // And under an open store.
      Files.move(directory(), work.resolve("away again"));
      Files.createDirectory(directory());
      assertTrue(one.flushRemote(LONG));
      assertEquals(2, objects().size());
    }
  }

  /** Nothing went there any more, of any key, and no sweep came to its end. */
  @Test
  void aFileWithTheNameOfAKeyKeepsNothingFromGoing() throws Exception {
    Files.writeString(directory().resolve("7".repeat(64)), "x");
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(one.flushRemote(LONG), one.remote()::toString);
    }
    assertEquals(2, RemoteUpkeep.sweep(remote, false).objects());
  }

  @Test
  void addressesThatMeanNoDirectoryAreRefused() {
    for (String url : List.of("file://host/x", "file:///x?readonly", "file:///x#y", "file:x")) {
      assertThrows(IllegalArgumentException.class, () -> RemoteOptions.of(URI.create(url)), url);
    }
  }

  /** As somebody writes who wants none: what a long cannot hold in nanoseconds threw. */
  @Test
  void durationsMayBeAsLongAsTheyLike() {
    Duration forever = ChronoUnit.FOREVER.getDuration();
    RemoteOptions patient =
        remote
            .withPushInterval(forever)
            .withCheckInterval(forever)
            .withDeadline(forever)
            .withFlushWait(forever);
    try (WarmStartStore store = machine("one", patient)) {
      EntryAttributes attributes =
          EntryAttributes.checkpoint().withAcknowledgement(Acknowledgement.REMOTE);
      String run = store.save(KEY, new byte[] {1}, attributes);
      assertEquals(Acknowledgement.REMOTE, store.acknowledgement(KEY, run));
      assertFalse(store.refresh(KEY));
      try (Claim claim = store.claim(KEY)) {
        assertEquals(ClaimState.MINE, claim.state());
      }
      assertTrue(store.remove(KEY, run));
    }
    assertThrows(
        IllegalArgumentException.class, () -> remote.withDeadline(forever.negated().plusNanos(1)));
  }

  @Test
  void aRemoteAndItsRootMustLieApart() throws Exception {
    Path root = Files.createDirectory(work.resolve("root"));
    for (Path wrong : List.of(root, root.resolve("in"), work)) {
      assertThrows(
          StoreException.class,
          () -> machine("root", RemoteOptions.of(wrong.toUri())),
          wrong.toString());
    }
    assertThrows(
        ReadOnlyStoreException.class,
        () ->
            WarmStartStore.open(
                root, StoreOptions.defaults().withReadOnly(true).withRemote(remote)));
    // None of them has left the root open.
    try (WarmStartStore store = machine("root")) {
      assertEquals(0, store.keys().size());
    }
  }

  /** Its maker has died between the two puts, and nobody else has that version. */
  @Test
  void aSweepRemovesAPayloadWhoseManifestHasNotComeForADay() throws Exception {
    String alone = KEY.toHex() + "/run.0000000000000001.bin";
    put(alone, new byte[] {1});
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(25)));
    Files.setLastModifiedTime(directory().resolve(alone), old);

    assertEquals(List.of(alone), RemoteUpkeep.sweep(remote, true).abandoned());
    assertEquals(List.of(alone), objects());
    assertEquals(List.of(alone), RemoteUpkeep.sweep(remote, false).abandoned());
    assertEquals(List.of(), objects());
  }

  /** It took the payload of one who had died, put the manifest, and acknowledged the version. */
  @Test
  void aSweepSparesThePayloadOfAPushThatEndsMeanwhile() throws Exception {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      one.saveOverwrite(KEY, "run", new byte[] {7}, objective(1));
      assertTrue(one.flushRemote(LONG));
      List<String> whole = objects();
      place.objects().delete(whole.get(1));
      assertEquals(List.of(whole.get(0)), objects());
      FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(25)));
      Files.setLastModifiedTime(directory().resolve(whole.get(0)), old);

      RemoteSweepReport swept =
          RemoteSweepFlow.run(
              HookedObjectStore.of(
                  place.objects(),
                  (call, name) -> {
                    if (call.equals("putAt")) {
                      one.sync(remote, SyncDirection.PUSH, List.of(), false);
                    }
                  }),
              false);

      assertEquals(List.of(), swept.abandoned());
      assertEquals(whole, objects());
      assertEquals(7, valueOf(other.lookup(KEY)));
    }
  }

  @Test
  void aCheckLeavesNoDirectory() throws Exception {
    assertTrue(RemoteUpkeep.check(remote).passed());
    try (Stream<Path> left = Files.list(directory())) {
      assertEquals(List.of(), left.toList());
    }
  }
}
