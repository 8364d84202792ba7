package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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

  /** Saves, looks up, removes and verifies. */
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
    }
  }

  @Test
  void itNeedsNoJarOfTheCommandLine() throws Exception {
    List<Path> all =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .toList();
    List<Path> own = new ArrayList<>();
    long bytes = 0;
    for (Path each : all) {
      boolean ofLibrary = JARS.stream().anyMatch(each.getFileName().toString()::startsWith);
      if (ofLibrary || Files.isDirectory(each) || isEngine(each)) {
        own.add(each);
      }
      bytes += ofLibrary ? Files.size(each) : 0;
    }
    assertTrue(bytes > 1_000_000 && bytes < MOST_BYTES, "bytes: " + bytes);
    String classPath =
        own.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));

    try (ForkedJvm program =
        ForkedJvm.command(Program.class, root.toString())
            .from(classPath, System.getProperty("warmstart.test.jvmflags"))
            .start()) {
      assertEquals("1", program.awaitLine("entries"));
    }
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
