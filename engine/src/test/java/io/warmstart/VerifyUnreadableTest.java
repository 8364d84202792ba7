package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.VerifyReport;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyUnreadableTest {
  @TempDir Path root;

  /** One payload that could not be read used to keep the other entries of its key unchecked. */
  @Test
  void onePayloadThatCannotBeReadKeepsNobodyFromCheckingTheOthers() {
    Fingerprint key = Payloads.key("unreadable");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      for (int run = 0; run < 4; run++) {
        store.saveOverwrite(key, "run-" + run, new byte[] {1}, EntryAttributes.checkpoint());
      }
    }

    StoreOptions denied = StoreOptions.defaults().withFileOps(denying("run-1.bin"));
    try (WarmStartStore store = WarmStartStore.open(root, denied)) {
      VerifyReport report = store.verify();

      assertEquals(3, report.entries());
      assertEquals(1, report.problems().size());
      VerifyReport.Problem problem = report.problems().get(0);
      assertEquals("unreadable", problem.kind());
      assertTrue(problem.path().endsWith("run-1.bin"), problem.path());
      assertEquals("permission denied", problem.detail());
    }
  }

  private static FileOps denying(String name) {
    FileOps real = new NioFileOps();
    return (FileOps)
        Proxy.newProxyInstance(
            FileOps.class.getClassLoader(),
            new Class<?>[] {FileOps.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("openForReading")
                  && ((Path) arguments[0]).endsWith(name)) {
                throw new AccessDeniedException(arguments[0].toString());
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
