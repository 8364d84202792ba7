package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Acknowledgement;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreListener;
import io.warmstart.testing.Await;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application server that drops an application which has opened, used and closed its stores. The
 * thread of the clock was left over, and buffers of the JSON parser's in the caller's thread: each
 * deployment kept all classes of the one before.
 *
 * <p>Of two the first is looked at. What a JVM remembers of records keeps the last, until another
 * uses some (JDK 17; younger ones until memory is short): that is no library's to mend.
 */
@Timeout(180)
class UnloadedApplicationTest {
  @TempDir Path parent;

  /** The server's, which outlives them. A worker of JUnit's pool would start others in them. */
  private final ExecutorService thread = Executors.newSingleThreadExecutor();

  @AfterEach
  void end() {
    thread.shutdown();
  }

  @Test
  void itsClassesGoOnceItsStoresAreClosed() throws Exception {
    // Of tests before this one.
    Set<Thread> others = threads();
    WeakReference<ClassLoader> gone = deploy(parent.resolve("a"));

    deploy(parent.resolve("b"));

    Await.until("no thread of theirs is left", () -> others.containsAll(threads()));
    Await.until(
        "the first application's classes are gone",
        () -> {
          System.gc();
          return gone.get() == null;
        });
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(each -> each.getName().startsWith("warmstart-"))
        .collect(Collectors.toSet());
  }

  private WeakReference<ClassLoader> deploy(Path directory) throws Exception {
    Files.createDirectory(directory);
    List<URL> path = new ArrayList<>();
    for (String each : System.getProperty("java.class.path").split(File.pathSeparator)) {
      path.add(Path.of(each).toUri().toURL());
    }
    // Before there is an application that it could keep.
    thread.submit(() -> {}).get();
    return thread.submit(() -> run(path.toArray(new URL[0]), directory)).get();
  }

  private static WeakReference<ClassLoader> run(URL[] path, Path directory) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
      thread.setContextClassLoader(loader);
      Class<?> application = Class.forName(Application.class.getName(), true, loader);
      application.getMethod("run", Path.class).invoke(null, directory);
      return new WeakReference<>(loader);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** What it does: some of everything. */
  public static final class Application {
    private Application() {}

    /** Runs it, from its deployment to its end. */
    public static void run(Path directory) throws Exception {
      Path remote = Files.createDirectory(directory.resolve("remote"));
      StoreOptions options =
          StoreOptions.defaults()
              .withListener(new StoreListener() {})
              .withManagement(true)
              .withRemote(RemoteOptions.of(remote.toUri()));
      Fingerprint key = Payloads.key("fit");
      try (WarmStartStore store = WarmStartStore.open(directory.resolve("root"), options)) {
        store
            .saveAsync(key, Payload.of(new byte[10]), EntryAttributes.checkpoint())
            .thenApply(String::length)
            .toCompletableFuture()
            .join();
        store.saveOverwrite(
            key,
            "large",
            new byte[9 << 20],
            EntryAttributes.checkpoint().withAcknowledgement(Acknowledgement.REMOTE));
        try (Claim claim = store.claim(key);
            Entry found = store.lookup(key).orElseThrow()) {
          assertTrue(found.payloadLength() > 0, claim.toString());
        }
        store.evictOverflow();
        store.stats();
      }
    }
  }
}
