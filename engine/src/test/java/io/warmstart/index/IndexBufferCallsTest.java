package io.warmstart.index;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.warmstart.index.table.UnwritableBuffer;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;

/**
 * Who may only read maps the index by a buffer that drops stores, and the tests let a process die
 * at each store. Both override the calls that the index makes, and a further one would pass them
 * by: on a mapping that is read-only it would kill the JVM.
 */
class IndexBufferCallsTest {
  private static final Pattern LOAD = Pattern.compile("get[A-Z].*");
  private static final Pattern STORE =
      Pattern.compile("put[A-Z].*|getAnd.*|add(Int|Long).*|compareAnd.*|setMemory");

  private static Set<String> calls(Pattern of) {
    return new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.warmstart.index")
            .stream()
            .flatMap(each -> each.getCodeUnits().stream())
            .map(JavaCodeUnit::getMethodCallsFromSelf)
            .flatMap(Set::stream)
            .map(JavaMethodCall::getTarget)
            .filter(each -> each.getOwner().getPackageName().startsWith("org.agrona"))
            .filter(each -> of.matcher(each.getName()).matches())
            .map(each -> each.getName() + " " + each.getRawParameterTypes().size())
            .collect(toCollection(TreeSet::new));
  }

  private static Set<String> overridden(Class<?> by, Pattern of) {
    return Stream.of(by.getDeclaredMethods())
        .filter(each -> of.matcher(each.getName()).matches())
        .map(IndexBufferCallsTest::name)
        .collect(toCollection(TreeSet::new));
  }

  private static String name(Method method) {
    return method.getName() + " " + method.getParameterCount();
  }

  private static Class<?> dying() {
    return Arrays.stream(DyingProcess.class.getDeclaredClasses())
        .filter(DirectBuffer.class::isAssignableFrom)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatTheIndexStoresByIsOverriddenByBoth() {
    Set<String> stores = calls(STORE);

    assertEquals(stores, overridden(UnwritableBuffer.class, STORE));
    assertEquals(stores, overridden(dying(), STORE));
  }

  @Test
  void whatItLoadsByIsCounted() {
    Set<String> loads = calls(LOAD);
    loads.removeAll(calls(STORE));

    assertEquals(loads, overridden(dying(), LOAD));
  }
}
