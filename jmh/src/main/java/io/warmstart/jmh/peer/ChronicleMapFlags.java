package io.warmstart.jmh.peer;

/** What Chronicle Map does not open without, on a JDK of 17 or later. */
public final class ChronicleMapFlags {
  public static final String EXPORT_REF = "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED";
  public static final String EXPORT_CHANNELS = "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED";

  /** It compiles a class when a map is made. */
  public static final String EXPORT_COMPILER =
      "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED";

  public static final String OPEN_LANG = "--add-opens=java.base/java.lang=ALL-UNNAMED";
  public static final String OPEN_REFLECT = "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED";

  private ChronicleMapFlags() {}
}
