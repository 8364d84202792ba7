package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A place outside the root that must stay as it is: its names, times and bytes. */
final class Canary {
  private final Path place;
  private Map<String, String> before;

  private Canary(Path place) throws IOException {
    this.place = place;
    this.before = state();
  }

  /** Makes the place, with a file in it. */
  static Canary in(Path place) throws IOException {
    Files.createDirectories(place);
    Files.writeString(place.resolve("treasure"), "untouched");
    return new Canary(place);
  }

  Path place() {
    return place;
  }

  Path treasure() {
    return place.resolve("treasure");
  }

  /** Takes what a test has put there as what must stay. */
  void settle() throws IOException {
    before = state();
  }

  void assertUntouched() throws IOException {
    assertEquals(before, state());
  }

  private Map<String, String> state() throws IOException {
    Map<String, String> state = new TreeMap<>();
    try (Stream<Path> files = Files.walk(place)) {
      for (Path file : files.toList()) {
        String bytes =
            Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                ? Integer.toString(Arrays.hashCode(Files.readAllBytes(file)))
                : "-";
        state.put(
            file.toString(),
            Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS) + " " + bytes);
      }
    }
    return state;
  }
}
