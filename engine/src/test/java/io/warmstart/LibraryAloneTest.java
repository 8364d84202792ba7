package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreException;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Who uses the library does not get what the command line alone needs: of 4.8 MB of jars 2.7 were
 * its.
 */
@Tag("slow")
class LibraryAloneTest {
  /** What the library's own dependencies bring, as the names of their jars begin. */
  private static final List<String> JARS =
      List.of(
          "agrona-",
          "chronicle-bytes-",
          "chronicle-core-",
          "jackson-core-",
          "jspecify-",
          "slf4j-api-");

  private static final long MOST_BYTES = 2_200_000;

  @TempDir Path root;

  /** Saves, looks up, removes and verifies; and asks for a remote that wants more jars. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) {
      Path root = Path.of(arguments[0]);
      Fingerprint key = Payloads.key("k");
      StoreOptions options =
          StoreOptions.defaults().withSizeBudgetBytes(1L << 30).withPolicy(PolicyUse.CHANGE);
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        for (int save = 0; save < 50; save++) {
          store.saveOverwrite(
              key, "run", new byte[] {1, 2}, EntryAttributes.checkpoint().withObjective(save));
        }
        store.save(key, new byte[] {3}, EntryAttributes.finalResult());
        store.flush();
        try (Entry entry = store.lookup(key).orElseThrow()) {
          if (entry.bytes().readRemaining() != 2) {
            throw new AssertionError("payload");
          }
        }
        store.remove(key, "run");
        store.explain(key, Ranking.LATEST);
        System.out.println("entries " + store.verify().entries());
      }
      RemoteOptions bucket = RemoteOptions.of(URI.create("s3://bucket/fits"));
      try (WarmStartStore store = WarmStartStore.open(root, options.withRemote(bucket))) {
        throw new AssertionError("opened: " + store.root());
      } catch (StoreException e) {
        System.out.println("missing " + e.getMessage());
      }
    }
  }

  @Test
  void itNeedsNoJarOfTheCommandLine() throws Exception {
    long bytes = 0;
    for (Path each : classPath()) {
      bytes += isOfLibrary(each) ? Files.size(each) : 0;
    }
    assertTrue(bytes > 1_000_000 && bytes < MOST_BYTES, "bytes: " + bytes);

    try (ForkedJvm program = start(Program.class, each -> true)) {
      assertEquals("1", program.awaitLine("entries"));
      String missing = program.awaitLine("missing");
      assertTrue(missing.contains("software.amazon.awssdk:url-connection-client"), missing);
    }
  }

  /** Asks for Chronicle's bytes, again and again, with a payload at hand that needs none. */
  static final class AskingForBytes {
    private AskingForBytes() {}

    public static void main(String[] arguments) {
      Fingerprint key = Payloads.key("k");
      try (WarmStartStore store = WarmStartStore.open(Path.of(arguments[0]))) {
        store.save(key, new byte[] {1, 2}, EntryAttributes.checkpoint());
        try (Entry entry = store.lookup(key).orElseThrow()) {
          for (int times = 0; times < 3; times++) {
            try {
              System.out.println("bytes " + entry.bytes());
            } catch (StoreException e) {
              System.out.println("refused " + e.getMessage());
            }
          }
          System.out.println("payload " + entry.payload().getByte(1));
        }
      }
    }
  }

  /** It was logged as a lack of threads, and thrown as an {@link OutOfMemoryError}. */
  @Test
  void whatChronicleLacksIsTold() throws Exception {
    String lacking = "org.slf4j.Logger";
    try (ForkedJvm program =
        start(AskingForBytes.class, each -> !each.getFileName().toString().startsWith("slf4j"))) {
      for (int times = 0; times < 3; times++) {
        String refused = program.awaitLine("refused");
        assertTrue(refused.contains(lacking), refused);
      }
      assertEquals("2", program.awaitLine("payload"));
    }
  }

  /** With the library's own jars, of which some may be left out. */
  private ForkedJvm start(Class<?> main, Predicate<Path> kept) throws IOException {
    String jars =
        classPath().stream()
            .filter(each -> isOfLibrary(each) || Files.isDirectory(each) || isEngine(each))
            .filter(kept)
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));
    return ForkedJvm.command(main, root.toString())
        .from(jars, System.getProperty("warmstart.test.jvmflags"))
        .start();
  }

  /** The library with what it brings, and nothing of the tests. */
  static List<Path> library() throws URISyntaxException {
    Path engine =
        Path.of(WarmStartStore.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return Stream.concat(
            Stream.of(engine), classPath().stream().filter(LibraryAloneTest::isOfLibrary))
        .toList();
  }

  private static List<Path> classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .toList();
  }

  private static boolean isOfLibrary(Path path) {
    return JARS.stream().anyMatch(path.getFileName().toString()::startsWith);
  }

  private static boolean isEngine(Path path) {
    return path.getFileName().toString().startsWith("warmstart-engine");
  }

  @Test
  void theBuildSaysSo() throws Exception {
    Path pom = Path.of(System.getProperty("warmstart.test.projectRoot"), "engine", "pom.xml");
    Element project =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(pom.toFile())
            .getDocumentElement();
    NodeList dependencies =
        ((Element) project.getElementsByTagName("dependencies").item(0))
            .getElementsByTagName("dependency");
    Set<String> brought = new TreeSet<>();
    for (int each = 0; each < dependencies.getLength(); each++) {
      Element dependency = (Element) dependencies.item(each);
      boolean optional = dependency.getElementsByTagName("optional").getLength() > 0;
      boolean scoped = dependency.getElementsByTagName("scope").getLength() > 0;
      if (!optional && !scoped) {
        brought.add(dependency.getElementsByTagName("artifactId").item(0).getTextContent());
      }
    }
    assertEquals(Set.of("agrona", "chronicle-bytes", "jackson-core", "jspecify"), brought);
  }
}
