#!/bin/bash
# Java (OpenJDK 17 and 25, Linux 6.18): started without descriptor 0, System.in reads the JDK's own classes.
#
# The kernel gives the lowest free number to what is opened next, and the first file that the JVM opens and keeps is
# lib/modules. Nothing opens /dev/null in place of a missing standard stream at the start, though the JDK does just
# that when a Java program closes one later. So a program that saves its standard input saves over 100 MB of class
# files, without an error.
#
# Seen here:  descriptor 0: .../lib/modules, first bytes dadafeca
# 0: it is so; 1: it has changed; 2: it cannot be tried.
set -u
command -v javac >/dev/null || exit 2
W=$(mktemp -d) || exit 2; trap 'rm -rf "$W"' EXIT; cd "$W" || exit 2
cat > In.java <<'J'
import java.nio.file.*;
import java.util.*;
public class In {
  public static void main(String[] a) throws Exception {
    String leads = Files.readSymbolicLink(Path.of("/proc/self/fd/0")).toString();
    System.out.println("descriptor 0: " + leads + ", first bytes " + HexFormat.of().formatHex(System.in.readNBytes(4)));
  }
}
J
javac In.java || exit 2
java -XX:TieredStopAtLevel=1 In <&- | tee out
grep -q '/lib/modules, first bytes ........$' out && exit 0
exit 1
