package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The library and a program in one jar, as the shade plugin makes it, and JShell: with what the
 * README says of them, and no more.
 */
@Tag("slow")
@Timeout(120)
class OneJarTest {
  private static final String SERVICES = "META-INF/services/";
  private static final List<String> SAVED_AND_FOUND = List.of("found 3", "clean true");

  @TempDir Path work;
  private String services = "";

  @BeforeEach
  void takeTheWords() throws IOException {
    services = Readme.quoted(SERVICES + "\\S*");
    assertEquals(SERVICES, services);
  }

  /** Saves, looks up, verifies; and asks for a remote of another kind than a directory. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) {
      Path root = Path.of(arguments[0]);
      Fingerprint key = Payloads.key("one jar");
      try (WarmStartStore store = WarmStartStore.open(root)) {
        store.save(key, new byte[] {1, 2, 3}, EntryAttributes.checkpoint());
        try (Entry entry = store.lookup(key).orElseThrow()) {
          System.out.println("found " + entry.payload().capacity());
        }
        System.out.println("clean " + store.verify().clean());
      }
      RemoteOptions bucket = RemoteOptions.of(URI.create("s3://bucket/fits"));
      StoreOptions options = StoreOptions.defaults().withRemote(bucket);
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        throw new AssertionError("opened: " + store.root());
      } catch (StoreException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void oneJarNeedsNoFlag() throws Exception {
    Path jar = makeJar(true);

    List<String> said = run("java", "-jar", jar, work.resolve("root"));

    assertEquals(SAVED_AND_FOUND, said.subList(0, 2));
    assertTrue(said.get(2).contains("software.amazon.awssdk:s3"), said::toString);
  }

  @Test
  void withoutTheServicesABucketIsOfNoKnownKind() throws Exception {
    Path jar = makeJar(false);

    List<String> said = run("java", "-jar", jar, work.resolve("root"));

    assertEquals(SAVED_AND_FOUND, said.subList(0, 2));
    assertTrue(said.get(2).contains("expected=a kind that is provided"), said::toString);
  }

  @Test
  void onAClassPathItsManifestCountsForNothing() throws Exception {
    Path jar = makeJar(true);

    List<String> said = run("java", "-cp", jar, Program.class.getName(), work.resolve("root"));

    String flag = Readme.quoted("--add-exports=\\S+=ALL-UNNAMED");
    assertTrue(said.get(0).contains("the JVM must be started with " + flag), said::toString);
  }

  @Test
  void jshellTakesTheFlagForTheProcessThatItStarts() throws Exception {
    makeJar(true);
    Path script =
        Files.writeString(
            work.resolve("script.jsh"),
            """
            import io.warmstart.*
            import io.warmstart.model.*
            WarmStartStore store = WarmStartStore.open(Path.of("root"))
            Fingerprint key = new Fingerprinter().absorbString("test", "jshell").finish()
            store.save(key, new byte[3], EntryAttributes.checkpoint())
            Entry entry = store.lookup(key).orElseThrow()
            System.out.println("found " + entry.payloadLength())
            entry.close()
            System.out.println("clean " + store.verify().clean())
            store.close()
            /exit
            """);
    List<Object> command = new ArrayList<>(List.of(Readme.quoted("jshell [^`]*").split(" ")));
    // It keeps what it asks its user once, and a history.
    command.add("-J-Djava.util.prefs.userRoot=" + work);
    command.add("-s");
    command.add(script);

    List<String> said = run(command.toArray());

    // Before them the JDK tells of the folder that it was given.
    List<String> last = said.subList(Math.max(0, said.size() - 2), said.size());
    assertEquals(SAVED_AND_FOUND, last, said::toString);
  }

  /** In the folder of the jar; returns what it says. */
  private List<String> run(Object... words) throws Exception {
    List<String> command = new ArrayList<>(Stream.of(words).map(String::valueOf).toList());
    command.set(0, Path.of(System.getProperty("java.home"), "bin", command.get(0)).toString());
    Process process =
        new ProcessBuilder(command).directory(work.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return said.lines().toList();
  }

  /** Of each name the first file, and a manifest of its own; it is of one release. */
  private Path makeJar(boolean withServices) throws Exception {
    String[] export = Readme.quoted("Add-Exports: \\S+").split(": ");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Program.class.getName());
    manifest.getMainAttributes().putValue(export[0], export[1]);
    Set<String> names = new HashSet<>(Set.of("META-INF/MANIFEST.MF"));
    Path jar = work.resolve("app.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest)) {
      for (Class<?> each : List.of(Program.class, Payloads.class)) {
        String name = each.getName().replace('.', '/') + ".class";
        try (InputStream in = each.getClassLoader().getResourceAsStream(name)) {
          out.putNextEntry(new JarEntry(name));
          Objects.requireNonNull(in).transferTo(out);
        }
      }
      for (Path each : LibraryAloneTest.library()) {
        if (Files.isDirectory(each)) {
          add(out, each, withServices, names);
        } else {
          try (FileSystem zip = FileSystems.newFileSystem(each)) {
            add(out, zip.getPath("/"), withServices, names);
          }
        }
      }
    }
    return jar;
  }

  private void add(JarOutputStream out, Path from, boolean withServices, Set<String> names)
      throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        String name = from.relativize(each).toString();
        if ((withServices || !name.startsWith(services)) && names.add(name)) {
          out.putNextEntry(new JarEntry(name));
          Files.copy(each, out);
        }
      }
    }
  }
}
