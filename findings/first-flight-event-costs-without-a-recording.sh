#!/bin/bash
# Java (OpenJDK 17.0.15 and 25.0.3, Linux 6.18): the first event of a program's own costs the JVM one to five tenths of a
# second, although nothing is recorded.
#
# Event::isEnabled is documented to tell whether an event would be recorded, so that making one that is not is cheap.
# The first `new` of any subclass of jdk.jfr.Event registers its class, which loads some hundreds of classes and parses
# the metadata of all of the JDK's events, recording or not. FlightRecorder.isInitialized(), asked first, says false in
# a hundredth of that time; once a recording was begun (-XX:StartFlightRecording, jcmd JFR.start) it says true.
#
# Seen here, on two cores:  isInitialized: false 0.1 ms     17: new Event: 130 to 390 ms     25: 200 to 520 ms
# 0: it is so (fifty times the question at least); 1: it has changed; 2: it cannot be tried.
set -u
command -v javac >/dev/null || exit 2
W=$(mktemp -d) || exit 2; trap 'rm -rf "$W"' EXIT; cd "$W" || exit 2
cat > First.java <<'J'
import jdk.jfr.*;
public class First {
  static class Mine extends Event { long bytes; }
  public static void main(String[] a) {
    long t0 = System.nanoTime();
    boolean on = FlightRecorder.isInitialized();
    long t1 = System.nanoTime();
    Mine event = new Mine();
    event.begin();
    event.end();
    boolean recorded = event.shouldCommit();
    long t2 = System.nanoTime();
    System.out.printf("isInitialized: %b %.1f ms  new Event: recorded=%b %.1f ms%n",
        on, (t1 - t0) / 1e6, recorded, (t2 - t1) / 1e6);
    System.exit(on || recorded ? 2 : t2 - t1 > 50 * (t1 - t0) && t2 - t1 > 50_000_000 ? 0 : 1);
  }
}
J
javac First.java || exit 2
java First
