package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A root is where the kernel takes its path to lead. With {@code link/../fits} the library opened
 * {@code fits} beside the link, and the commands that look first asked for the one beside what the
 * link leads to.
 */
class RootPathTest {
  @TempDir Path folder;

  @BeforeEach
  void resolve() throws IOException {
    folder = folder.toRealPath();
  }

  private static void open(Path root) {
    WarmStartStore.open(root).close();
  }

  @Test
  void dotDotAfterALinkLeadsUpFromWhereTheLinkLeads() throws Exception {
    // given
    Path far = Files.createDirectories(folder.resolve("far").resolve("away"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), far);

    // when
    try (WarmStartStore store = WarmStartStore.open(link.resolve("..").resolve("fits"))) {
      // then
      assertEquals(folder.resolve("far").resolve("fits"), store.root());
    }
    assertFalse(Files.exists(folder.resolve("fits")));
  }

  @Test
  void missingParentsAreMadeAndPrivate() throws Exception {
    Path top = folder.resolve("a");
    Path middle = top.resolve("b");
    Path root = middle.resolve("c");
    open(root);
    for (Path each : List.of(top, middle, root)) {
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(each)));
    }
  }

  @Test
  void eachLevelIsDurableInItsParentBeforeTheNextIsMade() throws Exception {
    // given
    List<String> done = new ArrayList<>();
    ObservedFileOps ops =
        new ObservedFileOps(new NioFileOps()) {
          @Override
          protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
              throws IOException {
            T result = whole.run();
            synchronized (done) {
              if (op.kind() == Kind.MAKE_DIRECTORY || op.kind() == Kind.SYNC_DIRECTORY) {
                done.add(op.kind() + " " + folder.relativize(op.path()));
              }
            }
            return result;
          }
        };

    // when
    Path root = folder.resolve("a").resolve("b");
    WarmStartStore.open(root, StoreOptions.defaults().withFileOps(ops)).close();

    // then
    assertEquals(
        List.of("MAKE_DIRECTORY a", "SYNC_DIRECTORY ", "MAKE_DIRECTORY a/b", "SYNC_DIRECTORY a"),
        done.subList(0, 4));
  }

  @Test
  void aLinkThatLeadsToNothingIsSaidToBeOne() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nothing"));
    StoreException refused = assertThrows(StoreException.class, () -> open(link));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("a symbolic link that leads to nothing"),
        refused.getMessage());
  }

  @Test
  void aFileAmongTheParentsIsNamed() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "a file");
    StoreException refused =
        assertThrows(StoreException.class, () -> open(file.resolve("a").resolve("b")));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("parent=" + file), refused.getMessage());
  }
}
