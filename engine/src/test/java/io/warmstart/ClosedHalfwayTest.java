package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store whose close fails on the way: its root stayed open for the life of the process. */
class ClosedHalfwayTest {
  @TempDir Path root;

  @Test
  void whatFailsWhileItClosesKeepsNothingOpen() throws Exception {
    Path real = root.toRealPath();
    WarmStartStore store = WarmStartStore.open(real);
    // Not to be closed.
    ((Set<?>) field(field(field(store, "claims"), "open"), "open")).add(null);

    assertThrows(NullPointerException.class, store::close);

    assertEquals(List.of(), openIn(real));
    store.close();
  }

  private static Object field(Object of, String name) throws ReflectiveOperationException {
    Field field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(of);
  }

  private static List<String> openIn(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.map(ClosedHalfwayTest::target)
          .filter(each -> each.startsWith(directory.toString()))
          .toList();
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      // Closed meanwhile.
      return "";
    }
  }
}
