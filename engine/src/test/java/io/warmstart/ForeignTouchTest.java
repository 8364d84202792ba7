package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A hit of the original store reads a manifest, stages it with a new stamp, syncs it, and renames
 * it into place. If an overwrite came in between, the manifest before it was put over the new one,
 * and the next reader of the original deleted both halves of what we had acknowledged: 24 of 16,000
 * overwrites beside two readers in a tight loop.
 */
class ForeignTouchTest {
  private static final String RUN = "run";

  @TempDir Path root;
  @TempDir Path aside;
  private final Fingerprint key = Payloads.key("touched");

  /**
   * The file put back is made when the new manifest is gone, and could have its number: then the
   * saver took it for its own.
   */
  @Test
  void manifestPutBackWhileTheDirectoryIsSyncedIsFoundAndTheSavePublishedAgain()
      throws IOException {
    assertNewVersionSurvives(
        new Toucher() {
          @Override
          void onDirectorySync(Path directory) throws IOException {
            Files.copy(
                oldManifest(),
                directory.resolve(RUN + ".json"),
                StandardCopyOption.REPLACE_EXISTING);
          }

          @Override
          void onList(Path directory) {}
        });
  }

  @Test
  void touchThatIsUnderWayAfterTheSyncIsWaitedFor() throws IOException {
    assertNewVersionSurvives(
        new Toucher() {
          private @Nullable Path staged;

          @Override
          void onDirectorySync(Path directory) throws IOException {
            staged = directory.resolve(RUN + ".json.touch.tmp.1.1");
            Files.copy(oldManifest(), staged);
          }

          @Override
          void onList(Path directory) throws IOException {
            // The saver has seen the staged touch once when it ends.
            Path ending = staged;
            if (ending != null && seen++ == 1) {
              Files.move(
                  ending, directory.resolve(RUN + ".json"), StandardCopyOption.REPLACE_EXISTING);
            }
          }
        });
  }

  private void assertNewVersionSurvives(Toucher toucher) throws IOException {
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      store.saveOverwrite(key, RUN, new byte[] {1}, EntryAttributes.checkpoint());
    }
    Files.copy(root.resolve(key.toHex()).resolve(RUN + ".json"), oldManifest());

    StoreOptions options =
        StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(toucher.ops());
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.evictOverflow();
      ForeignTraces.show(root, key, store);
      toucher.armed = true;
      store.saveOverwrite(key, RUN, new byte[] {2}, EntryAttributes.checkpoint());

      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertEquals(2, entry.payload().getByte(0));
      }
      assertEquals(1, store.stats().count(StoreCounter.REPUBLISHED));
      assertTrue(store.verify().clean());
    }
  }

  private Path oldManifest() {
    return aside.resolve("old-manifest");
  }

  /** The original's part, played at the moments that matter. */
  private abstract static class Toucher {
    boolean armed;
    int seen;

    abstract void onDirectorySync(Path directory) throws IOException;

    abstract void onList(Path directory) throws IOException;

    FileOps ops() {
      FileOps real = new NioFileOps();
      return wrap(
          FileOps.class,
          real,
          (method, arguments, result) -> {
            if (method.getName().equals("openDirectory")) {
              Path directory = (Path) arguments[0];
              return wrap(
                  FileOps.DirectoryHandle.class,
                  (FileOps.DirectoryHandle) Objects.requireNonNull(result),
                  (handleMethod, handleArguments, handleResult) -> {
                    if (armed
                        && handleMethod.getName().equals("sync")
                        && directory.getFileName().toString().length() == 64) {
                      armed = false;
                      seen = 1;
                      onDirectorySync(directory);
                    }
                    return handleResult;
                  });
            }
            if (seen > 0 && method.getName().equals("list")) {
              onList((Path) arguments[0]);
            }
            return result;
          });
    }

    private interface After {
      @Nullable Object run(Method method, Object[] arguments, @Nullable Object result)
          throws IOException;
    }

    private static <T> T wrap(Class<T> type, T real, After after) {
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (proxy, method, arguments) -> {
                try {
                  return after.run(method, arguments, method.invoke(real, arguments));
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              }));
    }
  }
}
