#!/bin/bash
# Agrona 2.6.0 and Chronicle Bytes 2026.4 on a JDK that denies sun.misc.Unsafe's memory (24 and later): Agrona's UnsafeBuffer,
# which is named for it, goes on as before, atomics and all; Chronicle's native memory is gone.
#
# --sun-misc-unsafe-memory-access=deny is what a later JDK is to do by default. Agrona has moved to jdk.internal.misc.Unsafe,
# which the flag does not concern and for which it needs --add-exports anyway. Chronicle takes sun.misc.Unsafe: what is
# denied is thrown at the first native allocation.
#
# Seen here:  agrona: 42 43, chronicle: UnsupportedOperationException
# 0: it is so; 1: it has changed; 2: it cannot be tried (no JDK 24 or later, no Maven, no registry).
set -u
java=
for home in ${JAVA_HOME:+"$JAVA_HOME"} /usr/lib/jvm/*; do
  [ -x "$home/bin/javac" ] || continue
  major=$("$home/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
  [ "${major:-0}" -ge 24 ] && java=$home && break
done
[ -n "$java" ] && command -v mvn >/dev/null || exit 2
W=$(mktemp -d) || exit 2; trap 'rm -rf "$W"' EXIT; cd "$W" || exit 2
cat > pom.xml <<'X'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
  <groupId>f</groupId><artifactId>f</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.agrona</groupId><artifactId>agrona</artifactId><version>2.6.0</version></dependency>
    <dependency><groupId>net.openhft</groupId><artifactId>chronicle-bytes</artifactId><version>2026.4</version>
      <exclusions><exclusion><groupId>net.openhft</groupId><artifactId>chronicle-analytics</artifactId></exclusion></exclusions>
    </dependency>
  </dependencies>
</project>
X
mvn -B -q dependency:copy-dependencies -DoutputDirectory=lib >/dev/null || exit 2
cat > Denied.java <<'J'
import net.openhft.chronicle.bytes.Bytes;
import org.agrona.concurrent.UnsafeBuffer;
public class Denied {
  public static void main(String[] a) {
    UnsafeBuffer buffer = new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(16));
    buffer.putLongVolatile(0, 42);
    System.out.print("agrona: " + buffer.getAndAddLong(0, 1) + " " + buffer.getLongVolatile(0) + ", chronicle: ");
    try {
      Bytes<?> bytes = Bytes.allocateElasticDirect(16);
      bytes.writeLong(42);
      System.out.println(bytes.readLong());
    } catch (Throwable e) {
      System.out.println(e.getClass().getSimpleName());
    }
  }
}
J
"$java/bin/javac" -cp 'lib/*' Denied.java 2>/dev/null || exit 2
"$java/bin/java" --sun-misc-unsafe-memory-access=deny --add-exports java.base/jdk.internal.misc=ALL-UNNAMED -cp 'lib/*:.' Denied 2>err | tee out
grep -qx 'agrona: 42 43, chronicle: [A-Za-z]*' out && exit 0
exit 1
