#!/bin/bash
# Java (OpenJDK 25.0.3; not 17.0.15): a dynamic class-data archive that was made with --add-exports, used with the very
# same --add-exports, is mapped and used; but each start says as an error, on standard OUTPUT, that they were "specified
# during runtime but not during dump time".
#
# The exports are compared with those of the JDK's own base archive, which has none, before the dynamic one on top of it
# is looked at. So the output of a program that needs an export begins with three lines that are not its own, and a
# reader of that output (JSON, a protocol of lines) fails, although the archive works. Without --add-exports nothing is
# said. -Xlog:disable, or -Xlog:cds*=off, takes the lines away.
#
# Seen here:  25: output begins "[0.050s][error][cds] An error has occurred while processing the shared archive file."
#             25: H comes from "shared objects file (top)"; without --add-exports the output is "hello" alone
#             17: the output is "hello" alone, and H comes from the archive
# 0: it is so; 1: it has changed; 2: it cannot be tried (no JDK 25 under /usr/lib/jvm, nor as JAVA_HOME).
set -u
W=$(mktemp -d) || exit 2; trap 'rm -rf "$W"' EXIT; cd "$W" || exit 2
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS
cat > H.java <<'J'
public class H {
  public static void main(String[] a) {
    System.out.println("hello");
  }
}
J

home=
for each in ${JAVA_HOME:+"$JAVA_HOME"} /usr/lib/jvm/*; do
  if [ -x "$each/bin/javac" ] && "$each/bin/java" -version 2>&1 | grep -q 'version "25'; then home=$each; break; fi
done
[ -n "$home" ] || { echo "no JDK 25"; exit 2; }
"$home/bin/java" -version 2>&1 | head -1
"$home/bin/javac" H.java && "$home/bin/jar" cf h.jar H.class || exit 2

# $1: a name; the rest: flags. Makes an archive with the flags and starts with the same ones.
try() {
  name=$1; shift
  "$home/bin/java" "$@" -XX:ArchiveClassesAtExit="$name.jsa" -cp h.jar H >/dev/null 2>&1
  [ -s "$name.jsa" ] || exit 2
  "$home/bin/java" "$@" -Xlog:class+load:file="$name.loads" -XX:SharedArchiveFile="$name.jsa" -cp h.jar H >"$name.out" 2>"$name.err"
  echo "$name: output $(wc -l <"$name.out") lines, the first: $(head -1 "$name.out")"
  echo "$name: $(grep -o ' H source: .*' "$name.loads")"
}
try plain
try exports --add-exports java.base/jdk.internal.misc=ALL-UNNAMED

[ "$(cat plain.out)" = hello ] &&
  grep -q 'H source: shared objects file (top)' exports.loads &&
  grep -q 'error.*jdk.module.addexports.*specified during runtime but not during dump time' exports.out &&
  [ "$(tail -1 exports.out)" = hello ] && [ ! -s exports.err ] && exit 0
exit 1
