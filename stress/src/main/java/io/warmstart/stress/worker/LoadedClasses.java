package io.warmstart.stress.worker;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/**
 * Loads classes before a fork that children may need after it. They could not load them from a jar:
 * parent and children share the descriptor, and with it the place in the file that each of them
 * reads from, so one reads what another has looked for.
 */
final class LoadedClasses {
  private static final String SUFFIX = ".class";

  private LoadedClasses() {}

  /**
   * Loads every class of the class path whose file's name begins with one of the prefixes.
   *
   * @return how many could not be loaded
   */
  static int loadAll(List<String> prefixes) throws IOException {
    int missing = 0;
    ClassLoader loader = LoadedClasses.class.getClassLoader();
    for (String name : names()) {
      if (prefixes.stream().anyMatch(name::startsWith)) {
        String className =
            name.substring(0, name.length() - SUFFIX.length()).replace(File.separatorChar, '.');
        try {
          Class.forName(className, false, loader);
        } catch (ClassNotFoundException | LinkageError e) {
          // One that needs a library which is not there, for something that nobody uses.
          missing++;
        }
      }
    }
    return missing;
  }

  private static List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    for (String each : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(each);
      if (Files.isDirectory(path)) {
        try (Stream<Path> files = Files.walk(path)) {
          files.map(file -> path.relativize(file).toString()).forEach(names::add);
        }
      } else if (Files.isRegularFile(path)) {
        try (ZipFile jar = new ZipFile(path.toFile())) {
          jar.stream().forEach(entry -> names.add(entry.getName()));
        }
      }
    }
    names.removeIf(name -> !name.endsWith(SUFFIX) || name.startsWith("META-INF"));
    return names;
  }
}
