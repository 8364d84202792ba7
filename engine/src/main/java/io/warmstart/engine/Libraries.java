package io.warmstart.engine;

import io.warmstart.model.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

/**
 * Whether the libraries that the store works with have what it needs of them. An older one that
 * some other dependency brings lacks it, which would show as an error of the JVM in the middle of
 * something. Asked by what is needed, not by version: that is two looks at loaded classes, and
 * refuses nothing that would do.
 */
public final class Libraries {
  /** Of each library what is youngest of all that is used of it. */
  private static final List<Needed> NEEDED =
      List.of(
          new Needed("agrona", "org.agrona.concurrent.SystemEpochNanoClock", "INSTANCE"),
          // A type that each has, since of others the one behind it on the path may be found.
          new Needed(
              "jackson-core", "com.fasterxml.jackson.core.TSFBuilder", "streamReadConstraints"),
          new Needed(
              "jackson-core",
              "com.fasterxml.jackson.core.StreamReadConstraints$Builder",
              "maxNameLength"));

  private Libraries() {}

  /**
   * Refuses to go on with one that is too old.
   *
   * @throws StoreException that names it, its version, and the one that the store was built for
   */
  public static void check() {
    for (Needed each : NEEDED) {
      each.check();
    }
  }

  /** A public field or method, by its name. */
  private record Needed(String library, String type, String member) {
    void check() {
      if (!isThere()) {
        throw tooOld();
      }
    }

    private boolean isThere() {
      try {
        Class<?> found = Class.forName(type, false, Libraries.class.getClassLoader());
        return Arrays.stream(found.getFields()).anyMatch(each -> each.getName().equals(member))
            || Arrays.stream(found.getMethods()).anyMatch(each -> each.getName().equals(member));
      } catch (ClassNotFoundException e) {
        return false;
      }
    }

    private StoreException tooOld() {
      Class<?> any = anyClass();
      String version = any.getPackage().getImplementationVersion();
      CodeSource source = any.getProtectionDomain().getCodeSource();
      return new StoreException(
          "a library is too old, perhaps another dependency brings it: library="
              + library
              + " expected="
              + builtFor()
              + " actual="
              + (version == null ? "unknown" : version)
              + " lacks="
              + type
              + "."
              + member
              + " from="
              + (source == null ? "unknown" : source.getLocation()));
    }

    /** One that every version has. */
    private Class<?> anyClass() {
      return library.equals("agrona")
          ? org.agrona.DirectBuffer.class
          : com.fasterxml.jackson.core.JsonFactory.class;
    }

    private String builtFor() {
      Properties versions = new Properties();
      try (InputStream in = Libraries.class.getResourceAsStream("libraries.properties")) {
        versions.load(Objects.requireNonNull(in, "libraries.properties"));
      } catch (IOException e) {
        throw new StoreException("libraries.properties cannot be read", e);
      }
      return versions.getProperty(library, "unknown");
    }
  }
}
