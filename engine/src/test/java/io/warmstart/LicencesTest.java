package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The executable jar, and the one beside it, hold the licence of each jar that was shaded into
 * them, in full: the first had held none of most.
 */
@Tag("slow")
class LicencesTest {
  private static final Path BUILDS =
      Path.of(System.getProperty("warmstart.test.projectRoot"), "engine/target");

  private static final Pattern ARTIFACT = Pattern.compile("(.+?)-\\d.*\\.jar");

  /** What a text of the licence says, whatever its lines are broken like. */
  private static final Map<String, String> WORDS =
      Map.of(
          "Apache-2.0", "Apache License Version 2.0, January 2004",
          "BSD-2", "Redistributions in binary form must reproduce the above copyright notice",
          "BSD-3-Clause", "Neither the name of JLine nor the names of its contributors",
          "BSL-1.0", "Boost Software License - Version 1.0",
          "MIT-0", "MIT No Attribution",
          "MIT", "Permission is hereby granted, free of charge, to any person");

  /** The jars of the class path of which classes are in the executable jar, by their artifact. */
  private final Map<String, Path> shaded = new TreeMap<>();

  private JarFile open(String name) throws IOException {
    Path path = BUILDS.resolve(name);
    assumeTrue(Files.exists(path), "the jar is not built yet: " + path);
    findWhatIsShaded(path);
    return new JarFile(path.toFile());
  }

  private void findWhatIsShaded(Path path) throws IOException {
    try (JarFile build = new JarFile(path.toFile())) {
      for (String each : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
        Matcher artifact = ARTIFACT.matcher(Path.of(each).getFileName().toString());
        if (artifact.matches() && !each.contains("warmstart-engine") && isShaded(each, build)) {
          shaded.put(artifact.group(1), Path.of(each));
        }
      }
    }
    assertTrue(shaded.size() > 10, shaded::toString);
  }

  private static boolean isShaded(String jar, JarFile build) throws IOException {
    try (JarFile file = new JarFile(jar)) {
      return file.stream()
          .map(JarEntry::getName)
          .filter(name -> name.endsWith(".class") && !name.endsWith("module-info.class"))
          .anyMatch(name -> build.getEntry(name) != null);
    }
  }

  private static String text(JarFile jar, String name) throws IOException {
    JarEntry entry = jar.getJarEntry(name);
    assertTrue(entry != null, () -> name + " is missing in " + jar.getName());
    try (InputStream in = jar.getInputStream(entry)) {
      return words(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static String words(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }

  /** The rows of the table in the jar: artifact, licences, texts. */
  private static List<List<String>> rows(JarFile build) throws IOException {
    try (InputStream in =
        build.getInputStream(build.getEntry("META-INF/licenses/third-party.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .skip(2)
          .map(line -> List.of(line.split(" +")))
          .toList();
    }
  }

  private static String texts(JarFile build, List<String> row) throws IOException {
    StringBuilder texts = new StringBuilder();
    for (String name : row.subList(2, row.size())) {
      texts.append(text(build, "META-INF/" + name)).append('\n');
    }
    return texts.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"warmstart.jar", "warmstart-s3.jar"})
  void theTableNamesWhatIsShadedAndNothingElse(String name) throws IOException {
    try (JarFile build = open(name)) {
      assertEquals(
          shaded.keySet(),
          rows(build).stream()
              .map(row -> row.get(0))
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"warmstart.jar", "warmstart-s3.jar"})
  void eachLicenceIsThereInFull(String name) throws IOException {
    try (JarFile build = open(name)) {
      for (List<String> row : rows(build)) {
        String texts = texts(build, row);
        for (String licence : row.get(1).split(",", -1)) {
          assertTrue(WORDS.containsKey(licence), row::toString);
          assertTrue(texts.contains(WORDS.get(licence)), row::toString);
        }
      }
    }
  }

  /** Also when a newer version comes with another text. */
  @ParameterizedTest
  @ValueSource(strings = {"warmstart.jar", "warmstart-s3.jar"})
  void whatAJarSaysOfItsLicenceIsThere(String name) throws IOException {
    try (JarFile build = open(name)) {
      List<String> told = new ArrayList<>();
      for (Map.Entry<String, Path> each : shaded.entrySet()) {
        StringBuilder texts = new StringBuilder();
        for (List<String> row : rows(build)) {
          if (row.get(0).equals(each.getKey())) {
            texts.append(texts(build, row));
          }
        }
        try (JarFile jar = new JarFile(each.getValue().toFile())) {
          for (JarEntry entry : jar.stream().toList()) {
            String text = entry.getName();
            if (text.matches("META-INF/[^/]*(LICENSE|NOTICE)[^/]*")) {
              assertTrue(
                  texts.indexOf(text(jar, text)) >= 0,
                  () -> each.getKey() + " has another " + text);
              told.add(text);
            }
          }
        }
      }
      assertTrue(told.size() >= 10, told::toString);
    }
  }
}
