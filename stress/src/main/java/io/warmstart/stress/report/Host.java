package io.warmstart.stress.report;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Where and when it was run.
 *
 * @param finished when the report was written, in UTC
 * @param system name and release of the kernel
 * @param processors the processors that this JVM may use
 * @param jvm the JVM
 */
public record Host(String finished, String system, int processors, String jvm) {
  /** This one, now. */
  public static Host ofThisMachine() {
    return new Host(
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
  }
}
