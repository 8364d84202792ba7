package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteOptions;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.Remote;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.store.FileObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server that is down hangs its clients in the kernel for minutes, and no interrupt ends that: a
 * peer kept a build waiting for a quarter of an hour.
 */
@Timeout(60)
class RemoteHangTest {
  private static final Fingerprint KEY = Payloads.key("fit");

  @TempDir Path work;

  @Test
  void nobodyWaitsTwiceAndWhatComesTooLateChangesNothing() throws Exception {
    Path directory = Files.createDirectory(work.resolve("remote"));
    RemoteOptions options =
        RemoteOptions.of(directory.toUri())
            .withPushInterval(Duration.ofHours(1))
            .withDeadline(Duration.ofMillis(50))
            .withFlushWait(Duration.ofMillis(50));
    try (WarmStartStore one =
        WarmStartStore.open(work.resolve("one"), StoreOptions.defaults().withRemote(options))) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, EntryAttributes.checkpoint());
      assertTrue(one.flushRemote(Duration.ofSeconds(30)));
    }
    CountDownLatch answers = new CountDownLatch(1);
    try (WarmStartStore other = WarmStartStore.open(work.resolve("other"))) {
      Engine engine = EngineRegistry.acquire(other.root(), other.options().engineOptions());
      try {
        LocalEntries local =
            engine.localEntries(new StoreLimits(engine.policy(), NamedLimits.NONE), 0);
        try (Remote remote =
            new Remote(
                options,
                FaultyObjectStore.hanging(new FileObjectStore(directory), answers),
                local,
                engine.notices(),
                engine.ticks())) {
          long begin = System.nanoTime();
          assertFalse(remote.ask(KEY.digest()));
          assertFalse(remote.state().reachable());
          assertEquals(1, remote.state().failures());
          // Not even asked: the one that hangs is the only one.
          assertFalse(remote.askNow(Payloads.key("another").digest(), null));
          if (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(500)) {
            // After half a second one more may be let through.
            assertEquals(1, remote.state().failures());
          }
          remote.saved(KEY.digest(), "run");
          assertFalse(remote.flush(TimeUnit.MILLISECONDS.toNanos(200)));
        }
        // Its answer comes when the store has closed.
        answers.countDown();
        awaitTransfersToEnd();
        assertEquals(List.of(), KeyFiles.of(other.root(), KEY).names());
      } finally {
        EngineRegistry.release(engine);
      }
      assertTrue(other.verify().clean());
    }
  }

  private static void awaitTransfersToEnd() throws InterruptedException {
    for (Thread each : Thread.getAllStackTraces().keySet()) {
      if (each.getName().equals("warmstart-remote-transfer")) {
        each.join();
      }
    }
  }
}
