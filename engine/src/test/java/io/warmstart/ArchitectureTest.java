package io.warmstart;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Packages point one way: the command line, the flows, entries, and below them bytes and files. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.warmstart");

  private static final ArchRule ONE_WAY =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .withOptionalLayers(true)
          .layer("cli")
          .definedBy("io.warmstart.cli..")
          .layer("api")
          .definedBy("io.warmstart")
          .layer("index")
          .definedBy("io.warmstart.index..")
          .layer("entry")
          .definedBy("io.warmstart.entry..")
          .layer("payload")
          .definedBy("io.warmstart.payload..")
          .layer("format")
          .definedBy("io.warmstart.format..")
          .layer("io")
          .definedBy("io.warmstart.io..")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("api")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("index")
          .mayOnlyBeAccessedByLayers("api")
          .whereLayer("entry")
          .mayOnlyBeAccessedByLayers("api", "index")
          .whereLayer("payload")
          .mayOnlyBeAccessedByLayers("api", "entry", "index")
          .whereLayer("format")
          .mayOnlyBeAccessedByLayers("api", "index", "entry", "payload")
          .whereLayer("io")
          .mayOnlyBeAccessedByLayers("api", "index", "entry", "payload");

  @Test
  void packagesPointOneWay() {
    ONE_WAY.check(CLASSES);
  }

  @Test
  void noTwoPackagesNeedEachOther() {
    SlicesRuleDefinition.slices()
        .matching("io.warmstart.(*)..")
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
  }

  /** What bytes mean, and how they become durable, know nothing of each other. */
  @Test
  void formatAndIoStandOnNothingOfOurs() {
    for (JavaClass each : CLASSES) {
      if (each.getPackageName().matches("io\\.warmstart\\.(format|io)")) {
        Set<String> needed =
            each.getDirectDependenciesFromSelf().stream()
                .map(dependency -> dependency.getTargetClass().getPackageName())
                .filter(name -> name.startsWith("io.warmstart"))
                .filter(name -> !name.equals(each.getPackageName()))
                .collect(Collectors.toSet());
        assertTrue(needed.isEmpty(), each.getName() + " needs " + needed);
      }
    }
  }

  /**
   * Files are touched through the one seam in which tests inject faults, or the exceptions say why.
   */
  @Test
  void filesAreChangedOnlyThroughTheSeam() {
    Set<String> mayTouchFiles =
        Set.of(
            // Asks before there is a root to ask about.
            "io.warmstart.Roots",
            "io.warmstart.BootId",
            "io.warmstart.StoreOptions",
            // Ask where locks and index can lie, before there are any, and who owns that.
            "io.warmstart.FileSystemKind",
            "io.warmstart.SharedPlaces",
            "io.warmstart.StoreOwner",
            "io.warmstart.index.PrivateDirectory",
            "io.warmstart.index.SharedPlace",
            // Its channel holds the kernel locks for life.
            "io.warmstart.index.LockFile",
            // Reads what the kernel lists of this process: no file of a root.
            "io.warmstart.index.OpenDescriptors");
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

  /**
   * What kills the JVM on a page that a truncation took away, or may: atomic read-modify-writes,
   * and ints, which compiled code may widen while it reads them. See LostPages.
   */
  @Test
  void mappedFilesAreReadAndWrittenInWholeLongsAndInNoOtherWay() {
    Set<String> found = new TreeSet<>();
    for (JavaClass each : CLASSES) {
      if (each.getPackageName().equals("io.warmstart.index")) {
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
