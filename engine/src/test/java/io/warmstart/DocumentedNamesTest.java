package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages of the project name classes that exist: some had told of classes that were gone. */
class DocumentedNamesTest {
  private static final Path PROJECT = Path.of(System.getProperty("warmstart.test.projectRoot"));

  /** A name of at least two humps, alone or before a dot, a bracket or a space. */
  private static final Pattern NAME =
      Pattern.compile("`(?:io\\.warmstart\\.(?:\\w+\\.)*)?([A-Z][a-z]+[A-Z]\\w*)[`.( ]");

  /** Of the JDK, of libraries and of other programs. */
  private static final Set<String> OTHERS =
      Set.of(
          "AsynchronousFileChannel",
          "ByteBuffer",
          "BytesStore",
          "DirectBuffer",
          "EpochNanoClock",
          "FileChannel",
          "FileLock",
          "ReentrantLock",
          "StrictMath");

  private static Set<String> classes() throws IOException {
    Set<String> classes = new HashSet<>();
    for (String module : List.of("engine", "jmh", "stress")) {
      try (Stream<Path> files = Files.walk(PROJECT.resolve(module).resolve("src"))) {
        files
            .map(each -> String.valueOf(each.getFileName()))
            .filter(name -> name.endsWith(".java"))
            .map(name -> name.substring(0, name.length() - ".java".length()))
            .forEach(classes::add);
      }
    }
    return classes;
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> files = Files.walk(PROJECT.resolve("docs"))) {
      List<Path> pages =
          new ArrayList<>(
              files
                  .filter(each -> each.toString().endsWith(".md"))
                  // A decision tells of what was there when it was taken.
                  .filter(each -> !each.toString().contains("adr"))
                  .toList());
      pages.add(PROJECT.resolve("README.md"));
      return pages;
    }
  }

  @Test
  void everyClassThatAPageNamesExists() throws IOException {
    Set<String> known = classes();
    List<String> unknown = new ArrayList<>();
    int found = 0;
    for (Path page : pages()) {
      Matcher name = NAME.matcher(Files.readString(page));
      while (name.find()) {
        found++;
        if (!known.contains(name.group(1)) && !OTHERS.contains(name.group(1))) {
          unknown.add(PROJECT.relativize(page) + ": " + name.group(1));
        }
      }
    }
    assertTrue(found > 100, "names: " + found);
    assertEquals(List.of(), unknown);
  }
}
