package io.warmstart;

import static java.util.Map.entry;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Packages point one way, and within a package no two classes need each other. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.warmstart");

  /** Each uses only those before it. The empty name is that of the root package. */
  private static final List<String> ORDER =
      List.of(
          "text",
          "fault",
          "flight",
          "runtime",
          "model",
          "io",
          "notice",
          "format",
          "ranking",
          "payload",
          "quarantine",
          "pair",
          "mapped",
          "process",
          "index.table",
          "index",
          "policy",
          "foreign",
          "access",
          "key",
          "segment",
          "journal",
          "save",
          "recover",
          "evict",
          "lookup",
          "claim",
          "remote.store",
          "remote.s3",
          "remote.copy",
          "remote",
          "engine",
          "",
          "micrometer",
          "cli");

  /** Packages that are further down than what they stand beside, and need nothing of it. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          entry("text", Set.of()),
          entry("fault", Set.of()),
          entry("flight", Set.of()),
          entry("model", Set.of("text", "fault")),
          entry("runtime", Set.of()),
          entry("io", Set.of("flight", "runtime")),
          entry("format", Set.of("text", "model")),
          entry("ranking", Set.of("model", "format")),
          entry("remote.store", Set.of("runtime", "model", "io", "format", "pair")),
          entry("remote.s3", Set.of("model", "remote.store")),
          entry("micrometer", Set.of("", "model")),
          entry("cli", Set.of("", "model")));

  /** Classes that need each other; no others may, and these may become fewer. */
  private static final Set<Set<String>> KNOWN_CYCLES =
      Set.of(
          // A lease lists itself with what it is a lease on, which asks all leases before it is
          // freed.
          Set.of("CachedPayload", "Leases", "PayloadCache", "PayloadLease", "PayloadLeaseFields"),
          // A session saves to its store, which makes it.
          Set.of("Session", "WarmStartStore"),
          // An entry in memory points into the generation that it was filled from, which forgets
          // it.
          Set.of("HotTable", "HotEntry", "Generation", "KeyTable"));

  private static String packageOf(JavaClass each) {
    String name = each.getPackageName().substring("io.warmstart".length());
    return name.isEmpty() ? name : name.substring(1);
  }

  private static Stream<JavaClass> ours(JavaClass of) {
    return of.getDirectDependenciesFromSelf().stream()
        .map(Dependency::getTargetClass)
        .map(JavaClass::getBaseComponentType)
        .filter(each -> each.getPackageName().startsWith("io.warmstart"));
  }

  @Test
  void everyPackageHasItsPlace() {
    Set<String> found = CLASSES.stream().map(ArchitectureTest::packageOf).collect(toSet());

    assertEquals(Set.copyOf(ORDER), found);
  }

  /** What nobody can take in at a glance is several things. */
  @Test
  void noPackageIsLarge() {
    Map<String, Set<String>> files = new TreeMap<>();
    for (JavaClass each : CLASSES) {
      files.computeIfAbsent(packageOf(each), name -> new TreeSet<>()).add(topLevel(each));
    }
    // One command a class, and one class for each value of the public API.
    files.keySet().removeAll(Set.of("cli", "model"));
    files.forEach((name, of) -> assertTrue(of.size() <= 24, name + ": " + of));
  }

  @Test
  void packagesPointOneWay() {
    List<String> wrong = new ArrayList<>();
    for (JavaClass each : CLASSES) {
      String from = packageOf(each);
      ours(each)
          .filter(target -> !packageOf(target).equals(from))
          .filter(
              target ->
                  ORDER.indexOf(packageOf(target)) > ORDER.indexOf(from)
                      || !MAY_USE.getOrDefault(from, Set.copyOf(ORDER)).contains(packageOf(target)))
          .forEach(target -> wrong.add(each.getName() + " -> " + target.getName()));
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void noClassesOfAPackageNeedEachOther() {
    Set<Set<String>> found = new HashSet<>();
    for (String name : ORDER) {
      Map<String, Set<String>> uses = new TreeMap<>();
      for (JavaClass each : CLASSES) {
        if (packageOf(each).equals(name)) {
          Set<String> targets = uses.computeIfAbsent(topLevel(each), key -> new TreeSet<>());
          ours(each)
              .filter(target -> packageOf(target).equals(name))
              .map(ArchitectureTest::topLevel)
              .filter(target -> !target.equals(topLevel(each)))
              .forEach(targets::add);
        }
      }
      found.addAll(cycles(uses));
    }
    assertEquals(KNOWN_CYCLES, found);
  }

  private static String topLevel(JavaClass each) {
    String name = each.getName().substring(each.getPackageName().length() + 1);
    return name.replaceAll("\\$.*", "");
  }

  /** Sets of classes of which each reaches each. */
  private static Set<Set<String>> cycles(Map<String, Set<String>> uses) {
    Map<String, Set<String>> reach = new TreeMap<>();
    uses.forEach((each, direct) -> reach.put(each, new TreeSet<>(direct)));
    boolean grown = true;
    while (grown) {
      grown = false;
      for (Set<String> reached : reach.values()) {
        Set<String> more = new TreeSet<>();
        reached.forEach(next -> more.addAll(reach.getOrDefault(next, Set.of())));
        grown |= reached.addAll(more);
      }
    }
    Set<Set<String>> cycles = new HashSet<>();
    reach.forEach(
        (each, reached) -> {
          if (reached.contains(each)) {
            Set<String> cycle = new TreeSet<>(reached);
            cycle.removeIf(next -> !reach.getOrDefault(next, Set.of()).contains(each));
            cycles.add(cycle);
          }
        });
    return cycles;
  }

  /**
   * Files are touched through the one seam in which tests inject faults, or the exceptions say why.
   */
  @Test
  void filesAreChangedOnlyThroughTheSeam() {
    Set<String> mayTouchFiles =
        Set.of(
            // Asks before there is a root to ask about.
            "io.warmstart.engine.RootOpener",
            "io.warmstart.process.BootId",
            "io.warmstart.StoreOptions",
            // Ask where locks and index can lie, before there are any, and who owns that.
            "io.warmstart.io.FileSystemKind",
            "io.warmstart.engine.Placements",
            "io.warmstart.engine.StoreOwner",
            "io.warmstart.process.PrivateDirectory",
            "io.warmstart.process.Placement",
            // Its channel holds the kernel locks for life.
            "io.warmstart.process.LockFile",
            // What others mount: its files have the modes of the umask, and no root knows them.
            "io.warmstart.remote.store.FileObjectStore",
            // Reads what the kernel lists of this process: no file of a root.
            "io.warmstart.process.OpenDescriptors");
    for (JavaClass each : CLASSES) {
      String name = each.getName().replaceAll("\\$.*", "");
      boolean touches =
          each.getDirectDependenciesFromSelf().stream()
              .map(dependency -> dependency.getTargetClass().getName())
              .anyMatch(
                  target ->
                      target.equals("java.nio.file.Files")
                          || target.equals("java.nio.channels.FileChannel")
                          || target.equals("java.nio.channels.AsynchronousFileChannel")
                          || target.equals("java.io.RandomAccessFile")
                          || target.equals("java.io.FileOutputStream"));
      boolean seam = name.startsWith("io.warmstart.io.") || name.startsWith("io.warmstart.cli.");
      assertFalse(touches && !seam && !mayTouchFiles.contains(name), name);
    }
  }

  /** A static field for it costs each start what only a message needs, and may break its class. */
  @Test
  void theLoggerIsAskedForInOnePlace() {
    Set<String> found = new TreeSet<>();
    for (JavaClass each : CLASSES) {
      for (JavaMethodCall call : each.getMethodCallsFromSelf()) {
        if (call.getTarget().getName().equals("getLogger")) {
          found.add(each.getName());
        }
      }
    }
    // The second quiets one of another library.
    assertEquals(
        Set.of("io.warmstart.runtime.EngineLog", "io.warmstart.payload.ChronicleBytes"), found);
  }

  /**
   * Who has no remote of S3 has no SDK, for instance: a class that needs it could not be loaded.
   */
  @Test
  void whatIsOptionalIsSeenByOnePackage() {
    Map<String, Set<String>> seenBy = new TreeMap<>();
    for (String library :
        List.of("software.amazon.", "io.micrometer.", "picocli.", "me.tongfei.", "org.slf4j.")) {
      seenBy.put(library, new TreeSet<>());
    }
    for (JavaClass each : CLASSES) {
      for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
        String target = dependency.getTargetClass().getBaseComponentType().getName();
        seenBy.forEach(
            (library, packages) -> {
              if (target.startsWith(library)) {
                packages.add(packageOf(each));
              }
            });
      }
    }
    assertEquals(
        Map.of(
            "software.amazon.", Set.of("remote.s3"),
            "io.micrometer.", Set.of("micrometer"),
            "picocli.", Set.of("cli"),
            "me.tongfei.", Set.of("cli"),
            "org.slf4j.", Set.of()),
        seenBy);
  }

  /**
   * What kills the JVM on a page that a truncation took away, or may: atomic read-modify-writes,
   * and ints, which compiled code may widen while it reads them. See MappedFaults.
   */
  @Test
  void mappedFilesAreReadAndWrittenInWholeLongsAndInNoOtherWay() {
    Set<String> found = new TreeSet<>();
    for (JavaClass each : CLASSES) {
      if (Set.of("index", "index.table", "journal", "mapped", "process", "segment")
          .contains(packageOf(each))) {
        for (JavaMethodCall call : each.getMethodCallsFromSelf()) {
          String method = call.getTarget().getName();
          if (call.getTargetOwner().getName().matches("org\\.agrona\\..*Buffer")
              && method.matches("compareAnd.*|getAnd.*|get(Int|Short|Char).*")) {
            found.add(call.getDescription());
          }
        }
      }
    }
    assertEquals(Set.of(), found);
  }

  @Test
  void theClassesWereReallyRead() {
    assertTrue(CLASSES.size() > 80, "classes: " + CLASSES.size());
    assertTrue(CLASSES.contain(WarmStartStore.class));
  }
}
