package io.warmstart.engine;

import io.warmstart.model.StoreException;
import org.agrona.DirectBuffer;

/** The one JVM flag that the store cannot do without. */
public final class JvmFlags {
  /** As it stands in the project's flags file; an executable jar carries it in its manifest. */
  public static final String REQUIRED = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED";

  private static final String ALL = "ALL-UNNAMED";

  private JvmFlags() {}

  /**
   * Refuses to go on without it.
   *
   * @throws StoreException that names it, as it is on the class path or on the module path
   */
  public static void check() {
    // Asked of the module system, since Agrona's classes fail for good once they have failed.
    Module agrona = DirectBuffer.class.getModule();
    if (!Object.class.getModule().isExported("jdk.internal.misc", agrona)) {
      throw new StoreException(
          "the JVM must be started with "
              + (agrona.isNamed() ? REQUIRED.replace(ALL, agrona.getName()) : REQUIRED));
    }
  }
}
