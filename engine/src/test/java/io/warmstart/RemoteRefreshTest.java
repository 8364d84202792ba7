package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.testing.Await;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What comes in the background for keys that are in use. */
@Timeout(120)
class RemoteRefreshTest extends RemoteFixture {
  private static final Fingerprint OTHER = Payloads.key("other");

  private void saveBetterElsewhere() {
    try (WarmStartStore two = machine("two")) {
      two.saveOverwrite(KEY, "two", new byte[] {2}, objective(1));
      assertTrue(two.flushRemote(LONG));
    }
  }

  /** Has a key that is in use: its entry was looked up. */
  private static void use(WarmStartStore one) {
    one.saveOverwrite(KEY, "one", new byte[] {1}, objective(2));
    assertEquals(1, valueOf(one.lookup(KEY, Ranking.LOWEST_OBJECTIVE)));
  }

  /** Hangs in each get until it is let go. */
  private static ObjectStore hanging(
      ObjectStore store, CountDownLatch hangs, CountDownLatch until) {
    return (ObjectStore)
        Proxy.newProxyInstance(
            ObjectStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("get")) {
                hangs.countDown();
                until.await();
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** It waited for the refreshes of all keys in use, which came after it in one round. */
  @Test
  void aFlushDoesNotWaitForIt() throws Exception {
    saveBetterElsewhere();
    CountDownLatch hangs = new CountDownLatch(1);
    CountDownLatch until = new CountDownLatch(1);
    with(
        hanging(place.objects(), hangs, until),
        remote,
        (one, sends) -> {
          try {
            use(one);
            sends.begin();
            hangs.await();
            one.saveOverwrite(OTHER, "run", new byte[] {3}, EntryAttributes.checkpoint());
            sends.saved(OTHER.digest(), "run");
            assertTrue(sends.flush(TimeUnit.SECONDS.toNanos(20)));
          } finally {
            until.countDown();
          }
        });
  }

  /** While the remote was away, lookups that miss asked whether it is back, and nobody else. */
  @Test
  void itGoesOnAfterAnOutageIfAllLookupsHit() throws Exception {
    AtomicBoolean away = new AtomicBoolean();
    with(
        FaultyObjectStore.awayWhile(place.objects(), away::get),
        remote,
        (one, sends) -> {
          use(one);
          sends.begin();
          assertTrue(sends.flush(TimeUnit.SECONDS.toNanos(20)));
          away.set(true);
          Await.until("it is taken for away", () -> !sends.state().reachable());
          away.set(false);
          saveBetterElsewhere();
          Await.until(
              "what is better has come",
              () -> valueOf(one.lookup(KEY, Ranking.LOWEST_OBJECTIVE)) == 2);
        });
  }
}
