package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * The tests that run in the phase {@code test} start no process, and so mount no file system
 * either: what does that has the tag {@code slow}.
 */
class SlowGroupTest {
  private static final JavaClasses CLASSES = new ClassFileImporter().importPackages("io.warmstart");

  /** From where no process is started, as far as was looked. */
  private static final Set<JavaCodeUnit> HARMLESS = new HashSet<>();

  @Test
  void whatStartsAProcessIsInTheSlowGroup() {
    List<String> missing =
        testClasses()
            .filter(test -> !isSlow(test) && startsProcess(test))
            .map(JavaClass::getName)
            .sorted()
            .toList();

    assertEquals(List.of(), missing, "without @Tag(\"slow\")");
  }

  /** Else the test above could not fail. */
  @Test
  void testsThatStartProcessesAreRecognized() {
    assertTrue(startsProcess(CLASSES.get(KilledProcessTest.class)), "by ForkedJvm");
    assertTrue(startsProcess(CLASSES.get(NoRoomForIndexTest.class)), "by SmallDisk");
    assertTrue(!startsProcess(CLASSES.get(RulesOfChoiceTest.class)), "by nothing");
  }

  private static Stream<JavaClass> testClasses() {
    return CLASSES.stream()
        .filter(
            each ->
                each.getMethods().stream()
                    .anyMatch(
                        method ->
                            method.isAnnotatedWith(Test.class)
                                || method.isAnnotatedWith(ParameterizedTest.class)
                                || method.isAnnotatedWith(TestFactory.class)));
  }

  private static boolean isSlow(JavaClass test) {
    return AnnotationSupport.findRepeatableAnnotations(test.reflect(), Tag.class).stream()
        .anyMatch(tag -> tag.value().equals("slow"));
  }

  /** Whether its methods, or what they call, start a process; objects may call all they have. */
  private static boolean startsProcess(JavaClass test) {
    Deque<JavaCodeUnit> pending = new ArrayDeque<>();
    Set<JavaCodeUnit> seen = new HashSet<>(HARMLESS);
    add(pending, seen, test.getAllMethods().stream());
    add(pending, seen, test.getConstructors().stream());
    while (!pending.isEmpty()) {
      JavaCodeUnit caller = pending.remove();
      boolean starts =
          caller.getMethodCallsFromSelf().stream()
              .anyMatch(call -> call.getTargetOwner().isEquivalentTo(ProcessBuilder.class));
      if (starts) {
        return true;
      }
      add(pending, seen, called(caller));
    }
    HARMLESS.addAll(seen);
    return false;
  }

  private static Stream<? extends JavaCodeUnit> called(JavaCodeUnit caller) {
    Stream<JavaMember> targets =
        Stream.concat(
                caller.getCallsFromSelf().stream(), caller.getCodeUnitReferencesFromSelf().stream())
            .flatMap(access -> access.getTarget().resolveMember().stream());
    return targets
        .filter(JavaCodeUnit.class::isInstance)
        .map(JavaCodeUnit.class::cast)
        .flatMap(
            unit ->
                unit instanceof JavaConstructor
                    ? Stream.concat(Stream.of(unit), instanceMethods(unit.getOwner()))
                    : Stream.of(unit));
  }

  private static Stream<JavaCodeUnit> instanceMethods(JavaClass made) {
    return made.getMethods().stream()
        .filter(method -> !method.getModifiers().contains(JavaModifier.STATIC))
        .map(JavaCodeUnit.class::cast);
  }

  private static void add(
      Deque<JavaCodeUnit> pending, Set<JavaCodeUnit> seen, Stream<? extends JavaCodeUnit> units) {
    units
        .map(Objects::requireNonNull)
        .filter(unit -> unit.getOwner().getPackageName().startsWith("io.warmstart"))
        .filter(seen::add)
        .forEach(pending::add);
  }
}
